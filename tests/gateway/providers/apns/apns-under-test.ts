import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import {
  startApnsFake,
  type ApnsFake,
  type ApnsFakeOptions,
  type ApnsKey,
} from '@herald/push-fakes/apns-fake'
import { ApnsProvider } from '../../../../gateway/providers/apns/apns-provider'
import type { ApnsClock } from '../../../../gateway/providers/apns/provider-token'
import type { ApnsSettings } from '../../../../gateway/providers/apns/settings'
import type { PushTarget } from '../../../../gateway/providers/provider'

export const TEAM = 'TEAM123456'
export const BUNDLE = 'com.example.herald'
export const TOKEN = 'a1'.repeat(32)

/** A key as its two owners have it. */
export interface KeyPair {
  readonly pem: string
  readonly atApple: ApnsKey
}

export function makeKey(keyId = 'KEY1234567', limits: Partial<ApnsKey> = {}): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    atApple: {
      teamId: TEAM,
      keyId,
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      ...limits,
    },
  }
}

export const target = (changes: Partial<PushTarget> = {}): PushTarget => ({
  provider: 'apns',
  app: BUNDLE,
  environment: 'production',
  kind: 'alert',
  token: TOKEN,
  ...changes,
})

/** The settings for a fake; the same address stands for both gates unless `sandbox` is given. */
export function settingsFor(fake: ApnsFake, key: KeyPair, sandbox = { fake, key }): ApnsSettings {
  const gate = (url: string, { pem, atApple }: KeyPair) => ({
    url,
    key: { teamId: atApple.teamId, keyId: atApple.keyId, privateKey: createPrivateKey(pem) },
  })
  return {
    bundleId: BUNDLE,
    production: gate(fake.url, key),
    sandbox: gate(sandbox.fake.url, sandbox.key),
    ca: fake.ca + sandbox.fake.ca,
  }
}

/** A clock that stands until it is moved. */
export class HandClock implements ApnsClock {
  wall = Date.now()
  mono = 0
  now = () => this.wall
  monotonic = () => this.mono

  /** Time passes. */
  pass(ms: number): void {
    this.wall += ms
    this.mono += ms
  }
}

/** A fake that knows one key and one device, and a provider for it. */
export async function startApns(options: ApnsFakeOptions & { clock?: ApnsClock } = {}) {
  const { clock, ...fakeOptions } = options
  const key = makeKey()
  const fake = await startApnsFake({
    keys: [key.atApple],
    devices: [{ token: TOKEN, environment: 'production', topic: BUNDLE }],
    ...(clock && { now: () => clock.now() }),
    ...fakeOptions,
  })
  const provider = new ApnsProvider(settingsFor(fake, key), clock)
  return {
    fake,
    key,
    provider,
    close: async () => {
      await provider.close()
      await fake.close()
    },
  }
}
