import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import type { Permission } from '../../presentation/presentation'
import type { PushOptions } from '../push-port'
import { PlusPushes, type PlusPushesEnv, type PlusPushEvents } from './plus-pushes'
import type { AppIdentity, JPushPlugin } from './plus-tokens'

/** What the pushes of a phone ask of the rest of the app. */
interface AroundPushes extends Pick<PlusPushesEnv, 'recipient' | 'isHidden'> {
  readonly permission: () => Permission
  readonly options: PushOptions
}

/** The pushes of a real phone. */
export function openPlusPushes({ permission, recipient, isHidden, options }: AroundPushes): PlusPushes {
  const isAndroid = plus.os.name?.toLowerCase() === 'android'
  return new PlusPushes({
    // The published typings give listeners a string, and client info no null.
    push: plus.push as unknown as PlusPushEvents | undefined,
    permission,
    getPushClientId: (options) => {
      uni.getPushClientId(options)
    },
    // A plugin that is not in the build is not asked for: older engines throw at the question.
    jpush: () =>
      options.jpushAppKey
        ? ((uni.requireNativePlugin('JG-JPush') as JPushPlugin | undefined | null) ?? null)
        : null,
    identity: (): AppIdentity => ({
      platform: isAndroid ? 'android' : 'ios',
      bundleId: () => options.bundleId ?? (isAndroid ? undefined : iosBundleId()),
      dcloudId: plus.runtime.appid,
      apnsEnvironment: options.apnsEnvironment ?? usualEnvironment(),
      jpushKey: options.jpushAppKey,
    }),
    recipient,
    isHidden,
    clock: systemClock,
    log: silentLog,
  })
}

/**
 * A token is for the gate that the app's signature names, which no script can read: what is run from HBuilderX is
 * signed for development, what is packaged for release is not. A build that is otherwise says so by its option.
 */
const usualEnvironment = (): 'production' | 'sandbox' => (import.meta.env.DEV ? 'sandbox' : 'production')

/** Native.js (html5plus.org/doc/zh_cn/ios.html): no interface of uni-app tells the bundle id. */
function iosBundleId(): string | undefined {
  const bundle: unknown = plus.ios.invoke('NSBundle', 'mainBundle')
  const id: unknown = plus.ios.invoke(bundle, 'bundleIdentifier')
  return typeof id === 'string' ? id : undefined
}
