import { ChatRegistrationSchema, type ChatRegistration } from '@herald/protocol'
import * as v from 'valibot'
import type { GatewayApi } from './gateway-api'

const pathOf = (device: string): string => `/v1/me/devices/${encodeURIComponent(device)}/xmpp`

/** What a device asks its chat server for pushes with. Throws ApiError. @param account what the app calls the account */
export function registerChat(
  api: GatewayApi,
  device: string,
  account: string,
  domain: string,
): Promise<ChatRegistration> {
  return api.call(ChatRegistrationSchema, 'PUT', pathOf(device), { account, domain })
}

/** Nobody is pushed to for the account any more. Throws ApiError. */
export async function forgetChat(api: GatewayApi, device: string, account: string): Promise<void> {
  await api.call(v.unknown(), 'DELETE', `${pathOf(device)}?account=${encodeURIComponent(account)}`)
}
