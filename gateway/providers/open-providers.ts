import * as v from 'valibot'
import { EndpointGuard } from './endpoint-guard'
import type { Provider } from './provider'
import { readWebPushSettings, webpushEnvironment } from './webpush/settings'
import { openVapidKeys, type VapidKeyStore } from './webpush/vapid-keys'
import { WebPushProvider } from './webpush/webpush-provider'

/** Variables of every push service. */
export const providerEnvironment = { ...webpushEnvironment }

const EnvironmentSchema = v.object(providerEnvironment)

/** What providers need beside their variables. */
export interface ProviderMeans {
  readonly publicUrl: string | undefined
  readonly vapidKeys: VapidKeyStore
}

type OpenProvider = (env: NodeJS.ProcessEnv, means: ProviderMeans) => Provider | undefined

/** One line for each push service; undefined means that it is not configured. */
const openers: readonly OpenProvider[] = [openWebPush]

/** Opens the push services that the environment has credentials for. Throws ConfigError. */
export function openProviders(env: NodeJS.ProcessEnv, means: ProviderMeans): Provider[] {
  return openers.map((open) => open(env, means)).filter((provider) => provider !== undefined)
}

function openWebPush(env: NodeJS.ProcessEnv, { publicUrl, vapidKeys }: ProviderMeans): Provider | undefined {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const settings = readWebPushSettings(v.parse(EnvironmentSchema, given), publicUrl)
  if (settings === undefined) return undefined
  const keys = settings.keys ?? openVapidKeys(vapidKeys)
  return new WebPushProvider({ keys, contact: settings.contact, guard: new EndpointGuard(settings.allow) })
}
