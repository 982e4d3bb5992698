import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { startHmsFake, type HmsFake, type HmsFakeOptions } from '@herald/push-fakes/hms-fake'
import { HmsProvider } from '../../../../gateway/providers/hms/hms-provider'
import type { HmsSettings } from '../../../../gateway/providers/hms/settings'
import type { PushTarget } from '../../../../gateway/providers/provider'

export const PROJECT = '736430079244000000'
export const PACKAGE = 'com.example.herald'
export const TOKEN = `MAMzLg${'x'.repeat(100)}lPW`
export const ACCOUNT = '112233445'
export const CLIENT = '105900001'

// RSA keys take long to make; two are enough for all tests of a file.
const [own, other] = ['first', 'second'].map((keyId) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    keyId,
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}) as [Key, Key]
export { own as ownKey, other as otherKey }

interface Key {
  readonly keyId: string
  readonly pem: string
  readonly publicKey: string
}

export const target = (changes: Partial<PushTarget> = {}): PushTarget => ({
  provider: 'hms',
  app: PACKAGE,
  environment: 'production',
  kind: 'alert',
  token: TOKEN,
  ...changes,
})

export const settingsFor = (fake: HmsFake, key = own, category = 'MARKETING'): HmsSettings => ({
  packageName: PACKAGE,
  projectId: PROJECT,
  clientId: CLIENT,
  keyId: own.keyId,
  subAccount: ACCOUNT,
  privateKey: createPrivateKey(key.pem),
  category,
  url: fake.url,
})

export const startFake = (options: Partial<HmsFakeOptions> = {}): Promise<HmsFake> =>
  startHmsFake({
    projectId: PROJECT,
    clientId: CLIENT,
    accounts: [{ subAccount: ACCOUNT, keyId: own.keyId, publicKey: own.publicKey }],
    devices: [{ token: TOKEN }],
    ...options,
  })

export async function startHms(options: Partial<HmsFakeOptions> = {}) {
  const fake = await startFake(options)
  const provider = new HmsProvider(settingsFor(fake), options.now)
  return {
    fake,
    provider,
    close: async () => {
      await provider.close()
      await fake.close()
    },
  }
}
