import { Account } from './session/account'
import { noPush } from './push/no-push'
import type { Platform, PlatformHooks } from './platform-port'
import { listenToUni, uniDevice, uniKeyValue, uniTransport } from './platform-uni'
import { TabBadge } from './presentation/badges'
import { uniTabBar } from './presentation/uni-tab-bar'
import { NoNotifications, VibrationTone } from './presentation/mp/mini-program'
import { ChunkedStorage } from './storage/chunked'
import { loneTab } from './tabs/tabs'

/** WeChat mini-programs. */
export function openMiniProgram(hooks: PlatformHooks): Platform {
  const keyValue = uniKeyValue()
  const badge = new TabBadge(uniTabBar)
  // There is no Web Crypto here.
  const random = undefined
  return {
    ...uniTransport(),
    ...uniDevice(keyValue, () => 'mp-weixin', random),
    keyValue,
    storage: new ChunkedStorage(keyValue),
    tabs: loneTab(),
    banner: {
      show: hooks.setBanner,
      hide: () => {
        hooks.setBanner(null)
      },
    },
    system: new NoNotifications(),
    tone: new VibrationTone(uni),
    badge,
    applyBadge: () => {
      badge.apply()
    },
    defaultServer: '',
    transport: 'any',
    // WeChat freezes the app about 5 s after it was hidden and drops its sockets, mostly without a close event.
    whenHidden: 'suspend',
    visible: true,
    loadAccount: () => Promise.resolve(Account),
    loadPush: () => Promise.resolve(noPush),
    forgetPush: () => Promise.resolve(),
    listen: listenToUni,
  }
}
