import type { Deliveries } from '@herald/protocol'
import { deliveries, sendTestAlert } from '../services/api/deliveries'
import { signedInAccount } from './account'

/** Sends the user a message from the server, to see how it arrives. Answers its id. Throws ApiError. */
export async function sendTest(language: 'en' | 'zh-Hans'): Promise<string> {
  return (await (await signedInAccount()).ask((api) => sendTestAlert(api, language))).id
}

/** How it reached the user's devices. Throws ApiError. */
export async function lookAtTest(id: string): Promise<Deliveries> {
  return (await signedInAccount()).ask((api) => deliveries(api, id, null))
}
