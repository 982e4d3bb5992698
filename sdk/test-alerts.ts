import type { Deliveries } from '@herald/protocol'
import { findMessage } from '../services/inbox/message-list'
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

/** Lets the connection go, so that only a push reaches this device, until `speakAgain`. */
export async function fallSilent(): Promise<void> {
  ;(await signedInAccount()).tab.silence()
}

export async function speakAgain(): Promise<void> {
  ;(await signedInAccount()).tab.reconnect()
}

/** Whether this device has the message, whichever way it came. */
export async function hasMessage(id: string): Promise<boolean> {
  return findMessage((await signedInAccount()).inbox, id) !== undefined
}
