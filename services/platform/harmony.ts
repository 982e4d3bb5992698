import { systemClock } from '../clock'
import { silentLog } from '../log'
import {
  UniNotifications,
  type HarmonyPush,
  type UniPushEvent,
} from '../presentation/harmony/uni-notifications'
import { NoNotifications, VibrationTone } from '../presentation/mp/mini-program'
import type { Permission } from '../presentation/presentation'
import { UniPushes, type UniPushesEnv } from '../push/harmony/uni-pushes'
import { noPush } from '../push/push-port'
import { recipientIn } from '../session/session-record'
import { ChunkedStorage } from '../storage/chunked'
import { phone } from './phone'
import type { Platform, PlatformHooks } from './platform-port'
import { openBadges, uniKeyValue } from './uni'

/** HarmonyOS: `uni` without `plus`. The banner is the page's own; the module uni-push brings notifications and pushes. */
export function openHarmony(hooks: PlatformHooks): Platform {
  const { options } = hooks
  const keyValue = uniKeyValue(options.namespace)
  const harmony = harmonyUni()
  const permission = { now: (): Permission => 'unsupported' }
  const pushes = new UniPushes({
    uni: harmony,
    permission: () => permission.now(),
    app: () => options.push.getuiAppId ?? dcloudAppId(),
    recipient: () => recipientIn(keyValue),
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
    ...phone(keyValue, () => 'harmony', options),
    storage: new ChunkedStorage(keyValue),
    banner: hooks.pageBanner,
    system: options.system ? system : new NoNotifications(),
    tone: new VibrationTone(uni),
    ...openBadges(options.badge, { icon: { set: (unread) => void harmony.setAppBadgeNumber?.(unread) } }),
    // It runs on for a moment, and raises its own notifications; the gateway's lease takes care of the rest.
    whenHidden: 'stay',
    loadPush: () => Promise.resolve(options.system ? pushes : noPush('platform')),
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

const dcloudAppId = (): string | undefined => (uni.getSystemInfoSync() as { appId?: string }).appId
