import { systemClock } from './clock'
import { Account } from './session/account'
import type { Platform, PlatformHooks } from './platform-port'
import { listenToUni, uniDevice, uniKeyValue, uniTransport } from './platform-uni'
import { alertText } from '../locale/alert-text'
import { DeviceTone, IconBadge } from './presentation/app/plus-device'
import type { PlusPush } from './presentation/app/plus-push'
import type { PlusViewConstructor } from './presentation/app/plus-view'
import { readPermission, type PermissionEnv } from './presentation/app/push-permission'
import { PushNotifications } from './presentation/app/push-notifications'
import { announce } from './presentation/app/screen-reader'
import { ViewBanner } from './presentation/app/view-banner'
import { combineBadges, TabBadge } from './presentation/badges'
import { uniTabBar } from './presentation/uni-tab-bar'
import { openPlusPushes } from './push/app/open-plus-pushes'
import { PlusSqliteStorage } from './storage/plus-sqlite'
import { loneTab } from './tabs/tabs'

/** iOS and Android. The published typings of `plus` lack or loosen what is used, so the ports name it anew. */
export function openApp(hooks: PlatformHooks): Platform {
  const keyValue = uniKeyValue()
  const tabBadge = new TabBadge(uniTabBar)
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
  const pushes = openPlusPushes(keyValue, {
    permission: () => readPermission(permissionEnv),
    isHidden: () => !isVisible(),
  })
  return {
    ...uniTransport(),
    // Neither engine of the App has Web Crypto.
    ...uniDevice(keyValue, () => (isAndroid ? 'android' : 'ios'), undefined),
    keyValue,
    storage: new PlusSqliteStorage(plus.sqlite),
    tabs: loneTab(),
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
    badge: combineBadges([icon, tabBadge]),
    applyBadge: () => {
      tabBadge.apply()
    },
    defaultServer: '',
    transport: 'any',
    // In the background the app raises its own notifications for as long as it runs: iOS suspends it in seconds, Android
    // from 14 on freezes it ten seconds after it became cached. The gateway's lease and the probe on return take care of that.
    whenHidden: 'stay',
    visible: true,
    loadAccount: () => Promise.resolve(Account),
    loadPush: () => Promise.resolve(pushes),
    // The session's end drops the recipient with it, and the gateway is told by the sign-out.
    forgetPush: () => Promise.resolve(),
    listen: listenToUni,
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
