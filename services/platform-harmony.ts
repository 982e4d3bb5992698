import { systemClock } from './clock'
import { silentLog } from './log'
import type { Platform, PlatformHooks } from './platform-port'
import { listenToUni, uniDevice, uniKeyValue, uniTransport } from './platform-uni'
import { combineBadges, TabBadge } from './presentation/badges'
import {
  UniNotifications,
  type HarmonyPush,
  type UniPushEvent,
} from './presentation/harmony/uni-notifications'
import { VibrationTone } from './presentation/mp/mini-program'
import { uniTabBar } from './presentation/uni-tab-bar'
import type { Permission } from './presentation/presentation'
import { UniPushes, type UniPushesEnv } from './push/harmony/uni-pushes'
import { Account } from './session/account'
import { readSession } from './session/session-record'
import { ChunkedStorage } from './storage/chunked'
import { loneTab } from './tabs/tabs'

/** What a build may be told (docs/push-client.md): no interface of HarmonyOS tells what Getui calls the app. */
interface BuildSettings {
  readonly VITE_HERALD_GETUI_APP_ID?: string
}

/** HarmonyOS: `uni` without `plus`. The banner is the page's own; the module uni-push brings notifications and pushes. */
export function openHarmony(hooks: PlatformHooks): Platform {
  const keyValue = uniKeyValue()
  const tabBadge = new TabBadge(uniTabBar)
  const harmony = harmonyUni()
  const permission = { now: (): Permission => 'unsupported' }
  const pushes = new UniPushes({
    uni: harmony,
    permission: () => permission.now(),
    app: getuiApp,
    recipient: () => readSession(keyValue)?.recipient,
    clock: systemClock,
    log: silentLog,
  })
  const system = new UniNotifications({
    uni: harmony,
    t: hooks.t,
    takeClick: (data) => pushes.takeClick(data),
  })
  permission.now = () => system.permissionNow()
  return {
    ...uniTransport(),
    // There is no Web Crypto here.
    ...uniDevice(keyValue, () => 'harmony', undefined),
    keyValue,
    storage: new ChunkedStorage(keyValue),
    tabs: loneTab(),
    banner: {
      show: hooks.setBanner,
      hide: () => {
        hooks.setBanner(null)
      },
    },
    system,
    tone: new VibrationTone(uni),
    badge: combineBadges([{ set: (unread) => void harmony.setAppBadgeNumber?.(unread) }, tabBadge]),
    applyBadge: () => {
      tabBadge.apply()
    },
    defaultServer: '',
    transport: 'any',
    // It runs on for a moment, and raises its own notifications; the gateway's lease takes care of the rest.
    whenHidden: 'stay',
    visible: true,
    loadAccount: () => Promise.resolve(Account),
    loadPush: () => Promise.resolve(pushes),
    forgetPush: () => Promise.resolve(),
    listen: listenToUni,
  }
}

/** What the published typings of `uni` lack. */
interface MoreOfUni {
  createPushMessage(options: object): unknown
  setAppBadgeNumber(unread: number): unknown
  onPushMessage(listener: (event: UniPushEvent) => void): void
  getPushClientId(options: object): unknown
  getAppAuthorizeSetting(): { notificationAuthorized?: string }
  openAppAuthorizeSetting(options: object): unknown
}

/**
 * The interfaces of the module uni-push and of settings, which a package may lack. Each call is written out: the compiler
 * packs the module for the names that it finds.
 */
function harmonyUni(): HarmonyPush & UniPushesEnv['uni'] {
  const uni = globalUni()
  const has = (name: keyof MoreOfUni): boolean => typeof uni[name] === 'function'
  return {
    ...(has('createPushMessage') && {
      createPushMessage: (options: object) => uni.createPushMessage(options),
    }),
    ...(has('setAppBadgeNumber') && {
      setAppBadgeNumber: (unread: number) => uni.setAppBadgeNumber(unread),
    }),
    ...(has('onPushMessage') && {
      onPushMessage: (listener: (event: UniPushEvent) => void) => {
        uni.onPushMessage(listener)
      },
    }),
    ...(has('getPushClientId') && { getPushClientId: (options: object) => uni.getPushClientId(options) }),
    ...(has('getAppAuthorizeSetting') && { getAppAuthorizeSetting: () => uni.getAppAuthorizeSetting() }),
    ...(has('openAppAuthorizeSetting') && {
      openAppAuthorizeSetting: (options: object) => uni.openAppAuthorizeSetting(options),
    }),
  }
}

const globalUni = (): MoreOfUni => uni as unknown as MoreOfUni

function getuiApp(): string | undefined {
  const { VITE_HERALD_GETUI_APP_ID: told } = import.meta.env as BuildSettings
  return told ?? (uni.getSystemInfoSync() as { appId?: string }).appId
}
