import type { ProviderName } from '@herald/protocol'

/** Why a service is off, for who wants it on: what to set, and the page that says how. */
export const offReasons: Readonly<Record<ProviderName, string>> = {
  apns: 'HERALD_APNS_KEY_FILE is not set; see docs/push/apns.md',
  unipush: 'neither HERALD_GETUI_APP_ID nor HERALD_UNICLOUD_URL is set; see docs/push/uni-push.md',
  jpush: 'HERALD_JPUSH_APP_KEY is not set; see docs/push/jpush.md',
  webpush: 'HERALD_WEBPUSH is off; see docs/push/web-push.md',
  fcm: 'HERALD_FCM_SERVICE_ACCOUNT_FILE is not set; see docs/push/fcm.md',
  hms: 'HERALD_HMS_SERVICE_ACCOUNT_FILE is not set; see docs/push/hms.md',
}
