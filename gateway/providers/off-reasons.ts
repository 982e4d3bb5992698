import type { ProviderName } from '@herald/protocol'

/** Where it is written how to switch a service on, and what its refusals mean. */
export const providerPages: Readonly<Record<ProviderName, string>> = {
  apns: 'docs/push/apns.md',
  unipush: 'docs/push/uni-push.md',
  jpush: 'docs/push/jpush.md',
  webpush: 'docs/push/web-push.md',
  fcm: 'docs/push/fcm.md',
  hms: 'docs/push/hms.md',
}

/** Why a service is off, for who wants it on: what to set. */
export const offReasons: Readonly<Record<ProviderName, string>> = {
  apns: 'HERALD_APNS_KEY_FILE is not set',
  unipush: 'neither HERALD_GETUI_APP_ID nor HERALD_UNICLOUD_URL is set',
  jpush: 'HERALD_JPUSH_APP_KEY is not set',
  webpush: 'HERALD_WEBPUSH is off',
  fcm: 'HERALD_FCM_SERVICE_ACCOUNT_FILE is not set',
  hms: 'HERALD_HMS_SERVICE_ACCOUNT_FILE is not set',
}
