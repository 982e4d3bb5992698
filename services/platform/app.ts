import { alertText } from '../../locale/alert-text'
import { systemClock } from '../clock'
import { DeviceTone, IconBadge } from '../presentation/app/plus-device'
import type { PlusPush } from '../presentation/app/plus-push'
import type { PlusViewConstructor } from '../presentation/app/plus-view'
import { PushNotifications } from '../presentation/app/push-notifications'
import { readPermission, type PermissionEnv } from '../presentation/app/push-permission'
import { ViewBanner } from '../presentation/app/view-banner'
import { openPlusPushes } from '../push/app/open-plus-pushes'
import { recipientIn } from '../session/session-record'
import { PlusSqliteStorage } from '../storage/plus-sqlite'
import { phone } from './phone'
import type { Platform, PlatformHooks } from './platform-port'
import { badgesWithTab, uniKeyValue } from './uni'

/** iOS and Android. The published typings of `plus` lack or loosen what is used, so the ports name it anew. */
export function openApp(hooks: PlatformHooks): Platform {
  const keyValue = uniKeyValue()
  const isAndroid = plus.os.name?.toLowerCase() === 'android'
  const permissionEnv: PermissionEnv = {
    push: plus.push as unknown as PlusPush | undefined,
    uni: uni,
    android: isAndroid ? plus.android : null,
    osVersion: plus.os.version ?? '',
    keyValue,
    clock: systemClock,
  }
  const isVisible = followVisibility()
  const icon = new IconBadge(plus.runtime, plus.device.vendor ?? '')
  const pushes = openPlusPushes({
    permission: () => readPermission(permissionEnv),
    recipient: () => recipientIn(keyValue),
    isHidden: () => !isVisible(),
  })
  return {
    ...phone(keyValue, () => (isAndroid ? 'android' : 'ios')),
    storage: new PlusSqliteStorage(plus.sqlite),
    banner: openBanner(hooks, isAndroid),
    system: new PushNotifications({
      ...permissionEnv,
      uni: uni,
      t: hooks.t,
      takeClick: (message) => pushes.takeClick(message),
      isVisible,
      unread: hooks.unread,
      onCleared: () => {
        icon.setAgain()
      },
    }),
    tone: new DeviceTone(plus.device),
    ...badgesWithTab(icon),
    // In the background the app raises its own notifications for as long as it runs: iOS suspends it in seconds, Android
    // from 14 on freezes it ten seconds after it became cached. The gateway's lease and the probe on return take care of that.
    whenHidden: 'stay',
    loadPush: () => Promise.resolve(pushes),
  }
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
