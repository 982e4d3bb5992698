import { missing, strict } from '../strict'
import type { NativeHost } from './host'

/** `plus.ios`: of Native.js, no more than the way to the app's bundle id. */
export function openIos({ device, report }: NativeHost) {
  const bundle = {}
  const invoke = (target: unknown, method: string): unknown => {
    if (target === 'NSBundle' && method === 'mainBundle') return bundle
    if (target === bundle && method === 'bundleIdentifier') return device.pushIdentity.bundleId
    return missing(`plus.ios.invoke(…, '${method}')`, report)
  }
  return strict('plus.ios', { invoke }, { report })
}
