import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { OnAnswered } from '../fake-service'
import type { PlayOptions, RunningFake } from '../fakes'
import { startFcmFake } from '../fcm-fake'
import { startHmsFake } from '../hms-fake'
import { at, textOf } from '../strict-fields'
import { registrationOf, tellAnswers, tellShown, writeKey } from './tell'

const PACKAGE = 'com.example.herald'
const KEY_ID = 'fake-key-1'
const FCM_PROJECT = 'fake-herald'
const HMS_PROJECT = '100000001'
const HMS_CLIENT = '100000003'

function makeKeys(): { publicKey: string; privateKey: string } {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Runs FCM and the place where Google signs in service accounts. */
export async function playFcm({ port, folder, tell }: PlayOptions): Promise<RunningFake> {
  const { publicKey, privateKey } = makeKeys()
  const clientEmail = `herald@${FCM_PROJECT}.iam.gserviceaccount.com`
  const token = `fake-fcm-${randomUUID()}`
  const fake = await startFcmFake({
    ...{ projectId: FCM_PROJECT, port, accounts: [{ clientEmail, keyId: KEY_ID, publicKey }] },
    devices: [{ token, packageName: PACKAGE }],
    onAnswered: tellSent(tell, 'message'),
  })
  const account = {
    type: 'service_account',
    project_id: FCM_PROJECT,
    client_email: clientEmail,
    private_key_id: KEY_ID,
    private_key: privateKey,
    token_uri: 'https://oauth2.googleapis.com/token',
  }
  return {
    url: fake.url,
    variables: {
      HERALD_FCM_SERVICE_ACCOUNT_FILE: writeKey(folder, 'fcm-account.json', JSON.stringify(account)),
      HERALD_FCM_PACKAGE: PACKAGE,
      HERALD_FCM_URL: fake.url,
    },
    platform: 'android',
    registration: registrationOf('fcm', PACKAGE, token),
    close: () => fake.close(),
  }
}

/** Runs Huawei's Push Kit. */
export async function playHms({ port, folder, tell }: PlayOptions): Promise<RunningFake> {
  const { publicKey, privateKey } = makeKeys()
  const subAccount = '100000002'
  const token = `fake-hms-${randomUUID()}`
  const fake = await startHmsFake({
    ...{
      projectId: HMS_PROJECT,
      clientId: HMS_CLIENT,
      port,
      accounts: [{ subAccount, keyId: KEY_ID, publicKey }],
    },
    devices: [{ token }],
    onAnswered: tellSent(tell, 'payload'),
  })
  const account = {
    project_id: HMS_PROJECT,
    key_id: KEY_ID,
    private_key: privateKey,
    sub_account: subAccount,
  }
  return {
    url: fake.url,
    variables: {
      HERALD_HMS_SERVICE_ACCOUNT_FILE: writeKey(folder, 'hms-account.json', JSON.stringify(account)),
      HERALD_HMS_PACKAGE: PACKAGE,
      HERALD_HMS_CLIENT_ID: HMS_CLIENT,
      HERALD_HMS_URL: fake.url,
    },
    platform: 'harmony',
    registration: registrationOf('hms', PACKAGE, token),
    close: () => fake.close(),
  }
}

/** Tells the answer, and what the device then shows. @param part of the body holds the notification. */
function tellSent(tell: PlayOptions['tell'], part: string): OnAnswered {
  const tellAnswer = tellAnswers(tell)
  return (request, reply) => {
    tellAnswer(request, reply)
    if (reply.status !== 200 || !request.path.endsWith('/messages:send')) return
    const text = (name: string): string =>
      textOf(at(JSON.parse(request.body), part, 'notification', name) ?? '')
    tellShown(tell, text('title'), text('body'))
  }
}
