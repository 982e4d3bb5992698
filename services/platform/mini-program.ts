import { NoNotifications, VibrationTone } from '../presentation/mp/mini-program'
import { noPush } from '../push/push-port'
import { ChunkedStorage } from '../storage/chunked'
import { phone } from './phone'
import type { Platform, PlatformHooks } from './platform-port'
import { openBadges, uniKeyValue } from './uni'

/** WeChat mini-programs. */
export function openMiniProgram(hooks: PlatformHooks): Platform {
  const { options } = hooks
  const keyValue = uniKeyValue(options.namespace)
  return {
    ...phone(keyValue, () => 'mp-weixin', options),
    storage: new ChunkedStorage(keyValue),
    banner: hooks.pageBanner,
    system: new NoNotifications(),
    tone: new VibrationTone(uni),
    ...openBadges(options.badge),
    // WeChat freezes the app about 5 s after it was hidden and drops its sockets, mostly without a close event.
    whenHidden: 'suspend',
    loadPush: () => Promise.resolve(noPush('platform')),
  }
}
