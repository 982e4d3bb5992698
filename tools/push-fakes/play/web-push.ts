import { parsePushPayload } from '@herald/protocol'
import { createECDH } from 'node:crypto'
import type { PlayOptions, RunningFake } from '../fakes'
import { startWebPushFake } from '../webpush-fake'
import { registrationOf, tellShown, writeKey } from './tell'

/** Runs the push service of one browser. */
export async function playWebPush({ port, folder, tell }: PlayOptions): Promise<RunningFake> {
  const fake = await startWebPushFake({ port })
  const pair = createECDH('prime256v1')
  const publicKey = pair.generateKeys().toString('base64url')
  const { endpoint, keys } = fake.newSubscription(publicKey)
  fake.onDelivered(({ topic = 'none', plaintext }) => {
    tell('accepted', `topic ${topic}`)
    const payload = parsePushPayload(plaintext)
    if (payload?.type === 'summary') tellShown(tell, `${String(payload.count)} messages`)
    else if (payload?.type === 'message') tellShown(tell, payload.title, payload.body)
    else tellShown(tell)
  })
  fake.onRefused(({ status, reason }) => {
    tell('refused', `${String(status)} ${reason}`)
  })
  return {
    url: fake.url,
    variables: {
      HERALD_WEBPUSH_ALLOW: fake.url,
      HERALD_WEBPUSH_CONTACT: 'mailto:developer@example.com',
      HERALD_WEBPUSH_KEY_FILE: writeKey(folder, 'vapid-key', pair.getPrivateKey('base64url')),
    },
    platform: 'h5',
    registration: { ...registrationOf('webpush', publicKey, endpoint), keys },
    close: () => fake.close(),
  }
}
