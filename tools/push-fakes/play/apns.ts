import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { startApnsFake, type ApnsFake } from '../apns-fake'
import { at, textOf } from '../strict-fields'
import type { PlayOptions, RunningFake } from '../fakes'
import { registrationOf, tellShown, writeKey } from './tell'

const TEAM_ID = 'FAKETEAM01'
const KEY_ID = 'FAKEKEY001'
const BUNDLE_ID = 'com.example.herald'

/** Runs both gates; the sandbox is at the next port. */
export async function playApns({ port, folder, tell }: PlayOptions): Promise<RunningFake> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const token = randomBytes(32).toString('hex')
  const start = (environment: 'production' | 'sandbox', where: number): Promise<ApnsFake> =>
    startApnsFake({
      ...{ environment, port: where, devices: [{ token, environment, topic: BUNDLE_ID }] },
      keys: [{ teamId: TEAM_ID, keyId: KEY_ID, publicKey: publicPem }],
      onAnswered: ({ method, path }, { status, reason = '' }) => {
        const call = `${environment} ${method} ${path}`
        if (status === 200) tell('accepted', call)
        else tell('refused', `${call}: ${String(status)} ${reason}`)
      },
      onShown: ({ payload }) => tellAlert(tell, payload),
    })
  const production = await start('production', port)
  const sandbox = await start('sandbox', port === 0 ? 0 : port + 1)
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return {
    url: production.url,
    variables: {
      HERALD_APNS_KEY_FILE: writeKey(folder, `AuthKey_${KEY_ID}.p8`, pem),
      HERALD_APNS_KEY_ID: KEY_ID,
      HERALD_APNS_TEAM_ID: TEAM_ID,
      HERALD_APNS_BUNDLE_ID: BUNDLE_ID,
      HERALD_APNS_URL: production.url,
      HERALD_APNS_SANDBOX_URL: sandbox.url,
      HERALD_APNS_CA_FILE: writeKey(folder, 'apns-ca.pem', production.ca + sandbox.ca),
    },
    platform: 'ios',
    registration: registrationOf('apns', BUNDLE_ID, token),
    close: async () => {
      await Promise.all([production.close(), sandbox.close()])
    },
  }
}

function tellAlert(tell: PlayOptions['tell'], payload: unknown): void {
  const text = (name: string): string => textOf(at(payload, 'aps', 'alert', name) ?? '')
  tellShown(tell, text('title'), text('body'))
}
