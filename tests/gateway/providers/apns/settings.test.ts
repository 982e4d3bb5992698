import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { afterAll, describe, expect, it } from 'vitest'
import { ConfigError } from '../../../../gateway/process/config-error'
import { apnsEnvironment, readApnsSettings } from '../../../../gateway/providers/apns/settings'
import { makeKey } from './apns-under-test'

const folder = mkdtempSync(join(tmpdir(), 'herald-apns-'))
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

const keyFile = write('AuthKey.p8', makeKey().pem)
const sandboxKeyFile = write('SandboxKey.p8', makeKey().pem)
const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const rsaFile = write('rsa.pem', rsa.export({ type: 'pkcs8', format: 'pem' }).toString())

const whole = {
  HERALD_APNS_KEY_FILE: keyFile,
  HERALD_APNS_KEY_ID: 'KEY1234567',
  HERALD_APNS_TEAM_ID: 'TEAM123456',
  HERALD_APNS_BUNDLE_ID: 'com.example.herald',
}

const read = (env: Record<string, string>) => readApnsSettings(v.parse(v.object(apnsEnvironment), env))

describe('the settings of APNs', () => {
  it('are none without variables', () => {
    expect(read({})).toBeUndefined()
  })

  it('are a key, its ids and a bundle id, good for both of Apple’s gates', () => {
    const settings = read(whole)
    expect(settings).toMatchObject({
      bundleId: 'com.example.herald',
      production: { url: 'https://api.push.apple.com', key: { keyId: 'KEY1234567', teamId: 'TEAM123456' } },
      sandbox: { url: 'https://api.sandbox.push.apple.com', key: { keyId: 'KEY1234567' } },
    })
    expect(settings).not.toHaveProperty('ca')
  })

  it('may have a key of its own for the sandbox, and other addresses', () => {
    const ca = write('ca.pem', 'certificate')
    expect(
      read({
        ...whole,
        HERALD_APNS_SANDBOX_KEY_FILE: sandboxKeyFile,
        HERALD_APNS_SANDBOX_KEY_ID: 'SANDBOX123',
        HERALD_APNS_URL: 'https://localhost:1/',
        HERALD_APNS_SANDBOX_URL: 'https://localhost:2',
        HERALD_APNS_CA_FILE: ca,
      }),
    ).toMatchObject({
      production: { url: 'https://localhost:1', key: { keyId: 'KEY1234567' } },
      sandbox: { url: 'https://localhost:2', key: { keyId: 'SANDBOX123' } },
      ca: 'certificate',
    })
  })

  it.each(Object.keys(whole))('need %s', (name) => {
    const { [name]: _missing, ...rest } = whole as Record<string, string>
    expect(() => read(rest)).toThrow(ConfigError)
    expect(() => read(rest)).toThrow(`${name}: must be set`)
  })

  it.each([
    [
      'a file that is not there',
      { HERALD_APNS_KEY_FILE: join(folder, 'none.p8') },
      /^HERALD_APNS_KEY_FILE: .*can be read/,
    ],
    [
      'a key that is none',
      { HERALD_APNS_KEY_FILE: write('none.txt', 'hello') },
      /^HERALD_APNS_KEY_FILE: .*\.p8/,
    ],
    ['an RSA key', { HERALD_APNS_KEY_FILE: rsaFile }, /^HERALD_APNS_KEY_FILE: .*\.p8/],
    [
      'half a sandbox key',
      { HERALD_APNS_SANDBOX_KEY_ID: 'SANDBOX123' },
      /^HERALD_APNS_SANDBOX_KEY_FILE: must be set/,
    ],
    ['a missing authority', { HERALD_APNS_CA_FILE: join(folder, 'none.pem') }, /^HERALD_APNS_CA_FILE: /],
  ])('name the variable that holds %s', (_what, changes, words) => {
    expect(() => read({ ...whole, ...changes })).toThrow(words)
  })

  it('are not made of an address alone', () => {
    expect(() => read({ HERALD_APNS_URL: 'https://localhost:1' })).toThrow(
      /HERALD_APNS_KEY_FILE.*must be set/,
    )
  })

  it.each([
    ['HERALD_APNS_KEY_ID', 'key'],
    ['HERALD_APNS_TEAM_ID', 'Example GmbH'],
    ['HERALD_APNS_BUNDLE_ID', 'my app'],
    ['HERALD_APNS_URL', 'apple'],
    ['HERALD_APNS_SANDBOX_URL', 'http://api.sandbox.push.apple.com'],
  ])('refuse %s=%s', (name, value) => {
    expect(v.safeParse(v.object(apnsEnvironment), { ...whole, [name]: value }).success).toBe(false)
  })
})
