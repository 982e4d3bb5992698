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

/** What Web Push needs beside its settings. */
export interface WebPushMeans {
  readonly guard: EndpointGuard
  readonly vapidKeys: VapidKeyStore
}

/** Opens the push services that have settings. */
export function openProviders(settings: ProviderSettings, { guard, vapidKeys }: WebPushMeans): Provider[] {
  const { apns, fcm, hms, getui, unicloud, jpush, webpush } = settings
  return [
    apns && new ApnsProvider(apns),
    fcm && new FcmProvider(fcm),
    hms && new HmsProvider(hms),
    getui && new GetuiProvider(getui),
    unicloud && new UnicloudProvider(unicloud),
    jpush && new JpushProvider(jpush),
    webpush &&
      new WebPushProvider({
        keys: webpush.keys ?? openVapidKeys(vapidKeys),
        contact: webpush.contact,
        guard,
      }),
  ].filter((provider) => provider !== undefined)
}
