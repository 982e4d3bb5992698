import type { Device, Platform as PlatformName } from '@herald/protocol'
import { uniHttp, type UniRequest } from './api/uni-http'
import { systemClock } from './clock'
import { deviceId, type RandomBytes } from './session/session-record'
import { uniSockets } from './socket/uni-socket'
import type { ConnectSocket } from './socket/connect-socket'
import { UniKeyValue } from './storage/key-value'
import { uniStorage } from './storage/uni-storage'
import type { KeyValue, ListableKeyValue } from './storage/storage'
import type { PlatformEvents } from './platform-port'

/** What is the same wherever there is `uni`. */
export function uniTransport() {
  return {
    sendRequest: uniHttp((options) => (uni.request as unknown as UniRequest)(options)),
    openSocket: uniSockets({
      // Read at each call: an interceptor may be added later.
      connectSocket: ((options) =>
        (uni.connectSocket as unknown as ConnectSocket)(options)) satisfies ConnectSocket,
      clock: systemClock,
    }),
  }
}

export const uniKeyValue = (): ListableKeyValue => new UniKeyValue(uniStorage)

/** This device as the gateway is told of it. Every field but the id is optional, as platforms differ in them. */
export function uniDevice(keyValue: KeyValue, platform: () => PlatformName, random: RandomBytes | undefined) {
  const id = deviceId(keyValue, random)
  const device = (): Device => {
    const { appVersion } = uni.getSystemInfoSync() as { appVersion?: string }
    const zone = timeZone()
    return {
      id,
      platform: platform(),
      locale: uni.getLocale().slice(0, 35),
      ...(appVersion !== undefined && appVersion !== '' && { app: appVersion.slice(0, 40) }),
      ...(zone !== undefined && { timeZone: zone.slice(0, 64) }),
    }
  }
  return { deviceId: id, device, label: deviceLabel }
}

/** App and mini-programs: show, hide and network as uni tells them. */
export function listenToUni(events: PlatformEvents): void {
  uni.onAppShow(() => {
    events.visible(true)
  })
  uni.onAppHide(() => {
    events.visible(false)
  })
  // Only changes are told: an app that starts without a network would never hear that it is offline.
  uni.getNetworkType({
    success: ({ networkType }) => {
      if (networkType === 'none') events.network('lost')
    },
  })
  uni.onNetworkStatusChange(({ isConnected }) => {
    events.network(isConnected ? 'regained' : 'lost')
  })
}

/** Each platform leaves some of them out, whatever the typings say. */
type SystemInfo = Partial<Record<'browserName' | 'deviceBrand' | 'deviceModel' | 'osName', string>>

/** For instance "Chrome · Windows" or "Xiaomi 14 · android". */
function deviceLabel(): string {
  const { browserName, deviceBrand, deviceModel, osName } = uni.getSystemInfoSync() as unknown as SystemInfo
  const device = browserName ?? [deviceBrand, deviceModel].filter(Boolean).join(' ')
  return [device, osName].filter(Boolean).join(' · ')
}

/** The App's JavaScript engine on Android may have no Intl. */
function timeZone(): string | undefined {
  return typeof Intl === 'undefined' ? undefined : Intl.DateTimeFormat().resolvedOptions().timeZone
}
