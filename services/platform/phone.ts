import type { Platform as PlatformName } from '@herald/protocol'
import type { ListableKeyValue } from '../storage/storage'
import { loneTab } from '../tabs/tabs'
import { openAccount } from './account'
import type { PlatformOptions } from './platform-options'
import type { Platform } from './platform-port'
import { listenToUni, uniDevice, uniTransport } from './uni'

/** What App, HarmonyOS and mini-programs share: `uni` without a browser, one tab, and all of the code in the package. */
export function phone(
  keyValue: ListableKeyValue,
  platform: () => PlatformName,
  { server, token }: PlatformOptions,
) {
  return {
    ...uniTransport(),
    // None of their engines has Web Crypto.
    ...uniDevice(keyValue, platform, undefined),
    keyValue,
    tabs: loneTab(),
    token,
    defaultServer: server ?? '',
    transport: 'any',
    missingModules: [] as readonly string[],
    visible: true,
    loadAccount: () => Promise.resolve(openAccount),
    // The session's end drops the recipient with it, and the gateway is told by the sign-out.
    forgetPush: () => Promise.resolve(),
    listen: listenToUni,
  } satisfies Partial<Platform>
}
