import { alertText } from '../../locale/alert-text'
import { withPhoneWords } from '../../locale/phones'
import { systemClock } from '../clock'
import { DeviceTone, IconBadge } from '../presentation/app/plus-device'
import type { PlusPush } from '../presentation/app/plus-push'
import type { PlusViewConstructor } from '../presentation/app/plus-view'
import { NoNotifications } from '../presentation/mp/mini-program'
import { PushNotifications } from '../presentation/app/push-notifications'
import { readPermission, type PermissionEnv } from '../presentation/app/push-permission'
import { ViewBanner } from '../presentation/app/view-banner'
import { openPlusPushes } from '../push/app/open-plus-pushes'
import { noPush } from '../push/push-port'
import { recipientIn } from '../session/session-record'
import { ChunkedStorage } from '../storage/chunked'
import { PlusSqliteStorage, type PlusSqlite } from '../storage/plus-sqlite'
import { phone } from './phone'
import type { Platform, PlatformHooks } from './platform-port'
import { openBadges, uniKeyValue } from './uni'

/** iOS and Android. The published typings of `plus` lack or loosen what is used, so the ports name it anew. */
export function openApp(hooks: PlatformHooks): Platform {
  const { options } = hooks
  const keyValue = uniKeyValue(options.namespace)
  // Absent when the package was made without it, whatever its type says.
  const sqlite = plus.sqlite as PlusSqlite | undefined
  const isAndroid = plus.os.name?.toLowerCase() === 'android'
  const permissionEnv: PermissionEnv = {
    push: plus.push as unknown as PlusPush | undefined,
    uni: uni,
    android: isAndroid ? plus.android : null,
    osVersion: plus.os.version ?? '',
    keyValue,
    clock: systemClock,
  }
  const icon = new IconBadge(plus.runtime, plus.device.vendor ?? '')
  return {
    ...phone(keyValue, () => (isAndroid ? 'android' : 'ios'), options),
    storage: sqlite ? new PlusSqliteStorage(sqlite, options.namespace) : new ChunkedStorage(keyValue),
    missingModules: [
      ...(sqlite ? [] : ['SQLite']),
      ...(options.system && !permissionEnv.push ? ['Push'] : []),
    ],
    banner: openBanner(hooks, isAndroid),
    ...(options.system ? openSystem(hooks, permissionEnv, icon) : noSystem),
    tone: new DeviceTone(plus.device),
    ...openBadges(options.badge, { icon }),
    // In the background the app raises its own notifications for as long as it runs: iOS suspends it in seconds, Android
    // from 14 on freezes it ten seconds after it became cached. The gateway's lease and the probe on return take care of that.
    whenHidden: 'stay',
  }
}

const noSystem: Pick<Platform, 'system' | 'loadPush'> = {
  system: new NoNotifications(),
  loadPush: () => Promise.resolve(noPush('platform')),
}

/** The system's notifications, and the pushes that bring more of them. */
function openSystem(
  { options, t, unread }: PlatformHooks,
  env: PermissionEnv,
  icon: IconBadge,
): Pick<Platform, 'system' | 'loadPush'> {
  const isVisible = followVisibility()
  const pushes = openPlusPushes({
    options: options.push,
    permission: () => readPermission(env),
    recipient: () => recipientIn(env.keyValue),
    isHidden: () => !isVisible(),
  })
  const system = new PushNotifications({
    ...env,
    uni: uni,
    t: withPhoneWords(t),
    takeClick: (message) => pushes.takeClick(message),
    isVisible,
    unread,
    ownsTray: options.ownsTray,
    onCleared: () => {
      // Where the icon has no number of ours, there is none to set.
      if (options.badge.icon) icon.setAgain()
    },
  })
  return { system, loadPush: () => Promise.resolve(pushes) }
}

/** Whether the user sees the app. Listen before anything else does: whoever is told of it asks. */
function followVisibility(): () => boolean {
  let visible = true
  uni.onAppShow(() => {
    visible = true
  })
  uni.onAppHide(() => {
    visible = false
  })
  return () => visible
}

function openBanner(hooks: PlatformHooks, isAndroid: boolean): ViewBanner {
  return new ViewBanner({
    View: plus.nativeObj.View as unknown as PlusViewConstructor,
    id: `${hooks.options.namespace}-banner`,
    screen: () => {
      const { screenWidth, statusBarHeight } = uni.getSystemInfoSync()
      return { width: screenWidth, statusBarHeight: statusBarHeight ?? 0 }
    },
    onChange: (changed) => {
      uni.onWindowResize(changed)
      uni.onThemeChange(changed)
      hooks.onLook(changed)
    },
    isDark: hooks.isDark,
    place: hooks.bannerPlace,
    text: (alert) => alertText(alert, hooks.preview(), hooks.t),
    announce: (text) => {
      // On iOS it takes a function of C, which Native.js does not reach.
      if (isAndroid) announce(plus.android, text)
    },
    onOpen: hooks.openAlert,
    onDismiss: hooks.dismissBanner,
  })
}

/**
 * The part of `plus.android` that is used to reach native objects from JavaScript.
 * html5plus.org/doc/zh_cn/android.html
 */
interface PlusAndroidObjects {
  runtimeMainActivity(): unknown
  invoke(target: unknown, method: string, ...args: unknown[]): unknown
}

/**
 * Lets Android's screen reader say a text. The banner is drawn on a canvas, in which TalkBack finds no words, and
 * HTML5+ has nothing for it; a view of the system's own speaks for it (developer.android.com View#announceForAccessibility).
 * Nothing is said where no reader is on.
 */
function announce(android: PlusAndroidObjects, text: string): void {
  const window = android.invoke(android.runtimeMainActivity(), 'getWindow')
  android.invoke(android.invoke(window, 'getDecorView'), 'announceForAccessibility', text)
}
