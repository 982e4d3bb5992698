import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { startFcmFake, type FcmFake, type FcmFakeOptions } from '@herald/push-fakes/fcm-fake'
import { FcmProvider } from '../../../../gateway/providers/fcm/fcm-provider'
import type { FcmSettings } from '../../../../gateway/providers/fcm/settings'
import type { PushTarget } from '../../../../gateway/providers/provider'

export const PROJECT = 'herald-test'
export const PACKAGE = 'com.example.herald'
export const TOKEN = `dGVzdC10b2tlbg:APA91b${'x'.repeat(130)}`
export const EMAIL = 'push@herald-test.iam.gserviceaccount.com'

// RSA keys take long to make; two are enough for all tests of a file.
const pairs = ['first', 'second'].map((keyId) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    keyId,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
})
const [own, other] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
export { own as ownKey, other as otherKey }

export const target = (changes: Partial<PushTarget> = {}): PushTarget => ({
  provider: 'fcm',
  app: PACKAGE,
  environment: 'production',
  kind: 'alert',
  token: TOKEN,
  ...changes,
})

export const settingsFor = (fake: FcmFake, key = own): FcmSettings => ({
  packageName: PACKAGE,
  projectId: PROJECT,
  clientEmail: EMAIL,
  keyId: own.keyId,
  privateKey: createPrivateKey(key.pem),
  url: fake.url,
  tokenUrl: `${fake.url}/token`,
  audience: 'https://oauth2.googleapis.com/token',
})

export async function startFcm(options: Partial<FcmFakeOptions> = {}) {
  const fake = await startFcmFake({
    projectId: PROJECT,
    accounts: [{ clientEmail: EMAIL, keyId: own.keyId, publicKey: own.publicKey }],
    devices: [{ token: TOKEN, packageName: PACKAGE }],
    ...options,
  })
  const provider = new FcmProvider(settingsFor(fake), options.now)
  return {
    fake,
    provider,
    close: async () => {
      await provider.close()
      await fake.close()
    },
  }
}
