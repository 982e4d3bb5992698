import type { ProviderName } from '@herald/protocol'

/** The document, below `docs/`, that says how to switch a service on, and what its refusals mean. */
export const providerPages: Readonly<Record<ProviderName, string>> = {
  apns: 'push/apns',
  unipush: 'push/uni-push',
  jpush: 'push/jpush',
  webpush: 'push/web-push',
  fcm: 'push/fcm',
  hms: 'push/hms',
}

/**
 * Where somebody reads a document: the gateway's site, which an installed package has, or the file of a clone.
 * @param page as in `providerPages`
 * @param gateway the address of the gateway, where it is known
 */
export function whereToRead(page: string, gateway?: string): string {
  const onSite = `/docs/${page}.html`
  const site = gateway === undefined ? `${onSite} on the gateway` : gateway + onSite
  return `${site}, or docs/${page}.md in a clone`
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
