import { ApnsProvider } from './apns/apns-provider'
import type { EndpointGuard } from './endpoint-guard'
import { FcmProvider } from './fcm/fcm-provider'
import { GetuiProvider } from './getui/getui-provider'
import { HmsProvider } from './hms/hms-provider'
import { JpushProvider } from './jpush/jpush-provider'
import type { Provider } from './provider'
import type { ProviderSettings } from './provider-settings'
import { UnicloudProvider } from './unicloud/unicloud-provider'
import { openVapidKeys, type VapidKeyStore } from './webpush/vapid-keys'
import { WebPushProvider } from './webpush/webpush-provider'

/** What providers need beside their settings. */
export interface ProviderMeans {
  readonly guard: EndpointGuard
  readonly vapidKeys: VapidKeyStore
  /** The time that alerts expire by, ms. */
  readonly now: () => number
}

/** Opens the push services that have settings. */
export function openProviders(
  settings: ProviderSettings,
  { guard, vapidKeys, now }: ProviderMeans,
): Provider[] {
  const { apns, fcm, hms, getui, unicloud, jpush, webpush } = settings
  return [
    apns && new ApnsProvider(apns, { now, monotonic: () => performance.now() }),
    fcm && new FcmProvider(fcm, now),
    hms && new HmsProvider(hms, now),
    getui && new GetuiProvider(getui, now),
    unicloud && new UnicloudProvider(unicloud, now),
    jpush && new JpushProvider(jpush, now),
    webpush &&
      new WebPushProvider({
        keys: webpush.keys ?? openVapidKeys(vapidKeys),
        contact: webpush.contact,
        ...{ guard, now },
      }),
  ].filter((provider) => provider !== undefined)
}
