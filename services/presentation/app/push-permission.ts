import type { Clock } from '../../clock'
import type { KeyValue } from '../../storage/storage'
import type { Permission } from '../presentation'
import type { PlusAndroid, PlusPush, UniPush } from './plus-push'

const POST_NOTIFICATIONS = 'android.permission.POST_NOTIFICATIONS'

/** From Android 13 on notifications are a permission that is asked for. */
const ANDROID_WITH_PERMISSION = 13

/** Kept on the device: Android says "denied" of a permission that was never asked for, too. */
const REFUSED_KEY = 'notificationsRefused'

/** iOS answers the dialog to nobody: its setting is looked at this often and for this long, in ms. */
const POLL_MS = 500
const POLL_LIMIT_MS = 60_000

/** What the permission needs of the App. `android` is null on iOS. */
export interface PermissionEnv {
  readonly push: PlusPush | undefined
  readonly uni: Pick<UniPush, 'getAppAuthorizeSetting'>
  readonly android: PlusAndroid | null
  /** `plus.os.version`, for instance "13" or "17.2". */
  readonly osVersion: string
  readonly keyValue: KeyValue
  readonly clock: Clock
}

/** The permission to notify, as the system has it now. `unsupported`: packaged without the Push module. */
export function readPermission(env: PermissionEnv): Permission {
  if (!env.push) return 'unsupported'
  const authorized = env.uni.getAppAuthorizeSetting().notificationAuthorized
  if (authorized === 'authorized') return 'granted'
  if (authorized === 'config error') return 'unsupported'
  if (authorized === 'not determined') return 'default'
  const mayAsk = asksPermission(env) && env.keyValue.get<boolean>(REFUSED_KEY) !== true
  return mayAsk ? 'default' : 'denied'
}

/** Asks the user, if the system lets the app ask. */
export async function askPermission(env: PermissionEnv): Promise<Permission> {
  if (readPermission(env) !== 'default') return readPermission(env)
  if (env.android) await askAndroid(env, env.android)
  else await askIos(env)
  return readPermission(env)
}

function asksPermission(env: PermissionEnv): boolean {
  return env.android !== null && Number.parseInt(env.osVersion, 10) >= ANDROID_WITH_PERMISSION
}

function askAndroid(env: PermissionEnv, android: PlusAndroid): Promise<void> {
  return new Promise((resolve) => {
    android.requestPermissions(
      [POST_NOTIFICATIONS],
      ({ deniedAlways }) => {
        // Denied once, Android still lets the app ask a second time; then only the system's settings help.
        if (deniedAlways.includes(POST_NOTIFICATIONS)) env.keyValue.set(REFUSED_KEY, true)
        resolve()
      },
      // The setting is read afterwards, and tells what is so.
      () => {
        resolve()
      },
    )
  })
}

/** With `pushRegisterMode: manual`, asking for the client's push id is what opens the dialog (app-push-unipush.md). */
async function askIos(env: PermissionEnv): Promise<void> {
  // Its answer is not waited for: there is an id only when the person has agreed, and otherwise none comes, perhaps ever.
  env.push?.getClientInfoAsync(ignore, ignore)
  const deadline = env.clock.now() + POLL_LIMIT_MS
  while (readPermission(env) === 'default' && env.clock.now() < deadline) {
    await new Promise<void>((resolve) => void env.clock.setTimeout(resolve, POLL_MS))
  }
}

const ignore = (): void => undefined
