import type * as v from 'valibot'
import { ConfigError } from '../process/config-error'
import { apnsEnvironment, readApnsSettings, type ApnsSettings } from './apns/settings'
import { fcmEnvironment, readFcmSettings, type FcmSettings } from './fcm/settings'
import { getuiEnvironment, readGetuiSettings, type GetuiSettings } from './getui/settings'
import { hmsEnvironment, readHmsSettings, type HmsSettings } from './hms/settings'
import { jpushEnvironment, readJpushSettings, type JpushSettings } from './jpush/settings'
import { readUnicloudSettings, unicloudEnvironment, type UnicloudSettings } from './unicloud/settings'
import { readWebPushSettings, webpushEnvironment, type WebPushSettings } from './webpush/settings'

/** Settings of every push service; one that is undefined is off. */
export interface ProviderSettings {
  readonly apns: ApnsSettings | undefined
  readonly fcm: FcmSettings | undefined
  readonly hms: HmsSettings | undefined
  readonly getui: GetuiSettings | undefined
  readonly unicloud: UnicloudSettings | undefined
  readonly jpush: JpushSettings | undefined
  readonly webpush: WebPushSettings | undefined
}

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

/** What the environment says of push services, each variable checked by its schema. */
export type ProviderEnvironment = v.InferOutput<v.ObjectSchema<typeof providerEnvironment, undefined>>

/** Reads which push services are on, the files that their variables name too. Throws ConfigError. */
export function readProviderSettings(
  env: ProviderEnvironment,
  publicUrl: string | undefined,
): ProviderSettings {
  const settings = {
    apns: readApnsSettings(env),
    fcm: readFcmSettings(env),
    hms: readHmsSettings(env),
    getui: readGetuiSettings(env),
    unicloud: readUnicloudSettings(env),
    jpush: readJpushSettings(env),
    webpush: readWebPushSettings(env, publicUrl),
  }
  if (settings.getui && settings.unicloud) {
    throw new ConfigError(
      'HERALD_GETUI_APP_ID and HERALD_UNICLOUD_URL are two ways to uni-push: set one of them only',
    )
  }
  return settings
}
