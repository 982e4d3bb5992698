import type { Device, Platform as PlatformName } from '@herald/protocol'
import { uniHttp, type UniRequest } from '../api/uni-http'
import { systemClock } from '../clock'
import { combineBadges, TabBadge, type UniTabBar } from '../presentation/badges'
import type { BadgePort } from '../presentation/presentation'
import { deviceId, type RandomBytes } from '../session/session-record'
import type { ConnectSocket } from '../socket/connect-socket'
import { uniSockets } from '../socket/uni-socket'
import { UniKeyValue } from '../storage/key-value'
import type { KeyValue, ListableKeyValue } from '../storage/storage'
import { uniStorage } from '../storage/uni-storage'
import type { BadgePlaces } from './platform-options'
import type { Platform, PlatformEvents } from './platform-port'

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

export const uniKeyValue = (namespace: string): ListableKeyValue => new UniKeyValue(uniStorage, namespace)

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

/** uni's tab bar. Each call is written out, as `uni` itself is empty in the H5 build (@dcloudio/uni-h5-vite). */
const uniTabBar: UniTabBar = {
  setTabBarBadge: (options) => {
    uni.setTabBarBadge(options)
  },
  removeTabBarBadge: (options) => {
    uni.removeTabBarBadge(options)
  },
}

/** The count in the places that were asked for, of those that this platform has. */
export function openBadges(
  places: BadgePlaces,
  { icon, title }: { readonly icon?: BadgePort; readonly title?: () => BadgePort } = {},
): Pick<Platform, 'badge' | 'applyBadge'> {
  const tab = places.tab === null ? null : new TabBadge(uniTabBar, places.tab)
  const all = [places.title && title?.(), places.icon && icon, tab]
  return {
    badge: combineBadges(all.filter((badge) => typeof badge === 'object' && badge !== null)),
    applyBadge: () => {
      tab?.apply()
    },
  }
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

const deviceLabel = (): string => labelOf(uni.getSystemInfoSync())

/** For instance "Chrome · macOS" or "Xiaomi 14 · Android": uni writes all of them small. */
export function labelOf({ browserName, deviceBrand, deviceModel, osName }: SystemInfo): string {
  const device = browserName ?? [deviceBrand, deviceModel].filter(Boolean).join(' ')
  return [device, osName].flatMap((name) => (name ? [properName(name)] : [])).join(' · ')
}

const properName = (name: string): string =>
  name.replace(/^[a-z]+\b/, (word) =>
    word.endsWith('os') ? `${word.slice(0, -2)}OS` : word.charAt(0).toUpperCase() + word.slice(1),
  )

/** The App's JavaScript engine on Android may have no Intl. */
function timeZone(): string | undefined {
  return typeof Intl === 'undefined' ? undefined : Intl.DateTimeFormat().resolvedOptions().timeZone
}
