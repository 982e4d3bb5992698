import { NoNotifications, VibrationTone } from '../presentation/mp/mini-program'
import { noPush } from '../push/push-port'
import { ChunkedStorage } from '../storage/chunked'
import { phone } from './phone'
import type { Platform, PlatformHooks } from './platform-port'
import { badgesWithTab, uniKeyValue } from './uni'

/** WeChat mini-programs. */
export function openMiniProgram(hooks: PlatformHooks): Platform {
  const keyValue = uniKeyValue()
  return {
    ...phone(keyValue, () => 'mp-weixin'),
    storage: new ChunkedStorage(keyValue),
    banner: hooks.pageBanner,
    system: new NoNotifications(),
    tone: new VibrationTone(uni),
    ...badgesWithTab(),
    // WeChat freezes the app about 5 s after it was hidden and drops its sockets, mostly without a close event.
    whenHidden: 'suspend',
    loadPush: () => Promise.resolve(noPush),
  }
}
