import type * as v from 'valibot'
import { ApnsProvider } from './apns/apns-provider'
import { apnsEnvironment, readApnsSettings } from './apns/settings'
import { EndpointGuard } from './endpoint-guard'
import { FcmProvider } from './fcm/fcm-provider'
import { fcmEnvironment, readFcmSettings } from './fcm/settings'
import { GetuiProvider } from './getui/getui-provider'
import { getuiEnvironment, readGetuiSettings } from './getui/settings'
import { HmsProvider } from './hms/hms-provider'
import { hmsEnvironment, readHmsSettings } from './hms/settings'
import { JpushProvider } from './jpush/jpush-provider'
import { jpushEnvironment, readJpushSettings } from './jpush/settings'
import type { Provider } from './provider'
import { readVariables } from './service-settings'
import { readUnicloudSettings, unicloudEnvironment } from './unicloud/settings'
import { UnicloudProvider } from './unicloud/unicloud-provider'
import { readWebPushSettings, webpushEnvironment } from './webpush/settings'
import { openVapidKeys, type VapidKeyStore } from './webpush/vapid-keys'
import { WebPushProvider } from './webpush/webpush-provider'

/** Variables of every push service. */
export const providerEnvironment = {
  ...apnsEnvironment,
  ...getuiEnvironment,
  ...unicloudEnvironment,
  ...jpushEnvironment,
  ...webpushEnvironment,
  ...fcmEnvironment,
  ...hmsEnvironment,
}

/** What providers need beside their variables. */
export interface ProviderMeans {
  readonly publicUrl: string | undefined
  /** Watches over the endpoints of Web Push; see `openEndpointGuard`. */
  readonly guard: EndpointGuard
  readonly vapidKeys: VapidKeyStore
}

type OpenProvider = (env: NodeJS.ProcessEnv, means: ProviderMeans) => Provider | undefined

/** Reads a service's own variables, then its settings, and opens it when there are any. */
function opener<Entries extends v.ObjectEntries, Settings>(
  entries: Entries,
  read: (variables: v.InferOutput<v.ObjectSchema<Entries, undefined>>) => Settings | undefined,
  open: (settings: Settings) => Provider,
): OpenProvider {
  return (env) => {
    const settings = read(readVariables(entries, env))
    return settings === undefined ? undefined : open(settings)
  }
}

/** One for each push service; the two ways to uni-push shut each other out. */
const openers: readonly OpenProvider[] = [
  opener(apnsEnvironment, readApnsSettings, (settings) => new ApnsProvider(settings)),
  opener(fcmEnvironment, readFcmSettings, (settings) => new FcmProvider(settings)),
  opener(hmsEnvironment, readHmsSettings, (settings) => new HmsProvider(settings)),
  (env) => open(readGetuiSettings(env), (settings) => new GetuiProvider(settings)),
  (env) => open(readUnicloudSettings(env), (settings) => new UnicloudProvider(settings)),
  (env) => open(readJpushSettings(env), (settings) => new JpushProvider(settings)),
  openWebPush,
]

/** Opens the push services that the environment has credentials for. Throws ConfigError. */
export function openProviders(env: NodeJS.ProcessEnv, means: ProviderMeans): Provider[] {
  return openers.map((begin) => begin(env, means)).filter((provider) => provider !== undefined)
}

/** Opens the guard with the origins that the operator allows. Throws ConfigError. */
export function openEndpointGuard(env: NodeJS.ProcessEnv): EndpointGuard {
  return new EndpointGuard(readVariables(webpushEnvironment, env).HERALD_WEBPUSH_ALLOW)
}

function open<Settings>(
  settings: Settings | undefined,
  make: (settings: Settings) => Provider,
): Provider | undefined {
  return settings === undefined ? undefined : make(settings)
}

function openWebPush(
  env: NodeJS.ProcessEnv,
  { publicUrl, guard, vapidKeys }: ProviderMeans,
): Provider | undefined {
  const settings = readWebPushSettings(readVariables(webpushEnvironment, env), publicUrl)
  if (settings === undefined) return undefined
  const keys = settings.keys ?? openVapidKeys(vapidKeys)
  return new WebPushProvider({ keys, contact: settings.contact, guard })
}
