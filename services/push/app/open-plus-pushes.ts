import { systemClock } from '../../clock'
import { silentLog } from '../../log'
import type { Permission } from '../../presentation/presentation'
import { PlusPushes, type PlusPushesEnv, type PlusPushEvents } from './plus-pushes'
import type { AppIdentity, JPushPlugin } from './plus-tokens'

/** What a build may be told (docs/push-client.md); uni reads them from `.env` files. */
interface BuildSettings {
  readonly VITE_HERALD_APNS_ENVIRONMENT?: string
  readonly VITE_HERALD_BUNDLE_ID?: string
  readonly VITE_HERALD_JPUSH_APP_KEY?: string
}

/** What the pushes of a phone ask of the rest of the app. */
interface AroundPushes extends Pick<PlusPushesEnv, 'recipient' | 'isHidden'> {
  readonly permission: () => Permission
}

/** The pushes of a real phone. */
export function openPlusPushes({ permission, recipient, isHidden }: AroundPushes): PlusPushes {
  const isAndroid = plus.os.name?.toLowerCase() === 'android'
  const build = import.meta.env as BuildSettings
  return new PlusPushes({
    // The published typings give listeners a string, and client info no null.
    push: plus.push as unknown as PlusPushEvents | undefined,
    permission,
    getPushClientId: (options) => {
      uni.getPushClientId(options)
    },
    // A plugin that is not in the build is not asked for: older engines throw at the question.
    jpush: () =>
      build.VITE_HERALD_JPUSH_APP_KEY
        ? ((uni.requireNativePlugin('JG-JPush') as JPushPlugin | undefined | null) ?? null)
        : null,
    identity: (): AppIdentity => ({
      platform: isAndroid ? 'android' : 'ios',
      bundleId: () => build.VITE_HERALD_BUNDLE_ID ?? (isAndroid ? undefined : iosBundleId()),
      dcloudId: plus.runtime.appid,
      apnsEnvironment: apnsEnvironment(build.VITE_HERALD_APNS_ENVIRONMENT),
      jpushKey: build.VITE_HERALD_JPUSH_APP_KEY,
    }),
    recipient,
    isHidden,
    clock: systemClock,
    log: silentLog,
  })
}

/**
 * A token is for the gate that the app's signature names, which no script can read: what is run from HBuilderX is
 * signed for development, what is packaged for release is not. A build that is otherwise says so by its setting.
 */
function apnsEnvironment(told: string | undefined): 'production' | 'sandbox' {
  if (told === 'production' || told === 'sandbox') return told
  return import.meta.env.DEV ? 'sandbox' : 'production'
}

/** Native.js (html5plus.org/doc/zh_cn/ios.html): no interface of uni-app tells the bundle id. */
function iosBundleId(): string | undefined {
  const bundle: unknown = plus.ios.invoke('NSBundle', 'mainBundle')
  const id: unknown = plus.ios.invoke(bundle, 'bundleIdentifier')
  return typeof id === 'string' ? id : undefined
}
