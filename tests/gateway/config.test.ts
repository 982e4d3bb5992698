import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readConfig, unknownSettings } from '../../gateway/process/config'
import { ConfigError } from '../../gateway/process/config-error'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-config-'))
  writeFileSync(join(folder, 'index.html'), '')
  writeFileSync(join(folder, 'secret'), `${'s'.repeat(32)}\n`)
  writeFileSync(join(folder, 'short'), 'short')
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

const read = (env: Record<string, string> = {}, isTerminal = false) => readConfig(env, isTerminal)

describe('the settings', () => {
  it('have values that work for one person on one machine', () => {
    expect(read()).toEqual({
      host: '0.0.0.0',
      port: 8787,
      dataFolder: resolve('data'),
      staticFolder: undefined,
      docsFolder: undefined,
      origins: [],
      // Web Push needs no account.
      providers: { webpush: { contact: undefined, keys: undefined, allow: [] } },
      publicUrl: undefined,
      logLevel: 'info',
      retention: { maxAgeMs: 30 * 86_400_000, maxCount: 100_000 },
      heartbeatMs: 25_000,
      maxStoreBytes: 0,
      database: undefined,
      bus: undefined,
      rates: { publish: 600, requests: 1200, address: 3000, failures: 20, broken: 300 },
      maxConnections: 0,
      maxAddressConnections: 0,
      userLimits: { topics: 1000, devices: 100, sockets: 50, tokens: 100, codes: 50 },
      trustProxy: [],
      metrics: 'local',
      jwt: undefined,
      chatServers: [],
      push: {
        deadlines: { foregroundMs: 8000, backgroundMs: 4000, quietWhenActiveMs: 30_000 },
        idOnly: [],
        lifeMs: 86_400_000,
        dailyPerDevice: 0,
      },
      quickstart: false,
    })
  })

  it('name a NATS cluster, and how the gateway proves who it is', () => {
    const store = { HERALD_STORE: 'postgres://herald@one/herald' }
    expect(read({ ...store, HERALD_BUS: 'nats://one,two:4333, nats://[::1]:4222' }).bus).toEqual({
      ...{ servers: ['one:4222', 'two:4333', '[::1]:4222'], isTls: false },
      ...{ user: undefined, secret: undefined, secretFile: undefined, ca: undefined },
    })
    expect(read({ ...store, HERALD_BUS: 'tls://ann:p%40ss@one' }).bus).toMatchObject({
      ...{ servers: ['one:4222'], isTls: true, user: 'ann', secret: 'p@ss' },
    })
    expect(read({ ...store, HERALD_BUS: 'nats://t0ken@one' }).bus).toMatchObject({ secret: 't0ken' })
    const inFile = { HERALD_BUS: 'nats://ann:@one', HERALD_BUS_SECRET_FILE: join(folder, 'secret') }
    expect(read({ ...store, ...inFile }).bus).toMatchObject({
      ...{ user: 'ann', secret: undefined, secretFile: join(folder, 'secret') },
    })
    for (const address of [
      'http://one',
      'one:4222',
      'nats://',
      'nats://one,tls://two',
      'nats://one:99999',
      'nats://%@one',
    ])
      expect(() => read({ ...store, HERALD_BUS: address })).toThrow(
        'HERALD_BUS: must be the address of a NATS',
      )
    expect(() => read({ HERALD_BUS: 'nats://one' })).toThrow('set HERALD_STORE')
    expect(() => read({ ...inFile, ...store, HERALD_BUS: 'nats://a:b@one' })).toThrow('both hold a secret')
    expect(() => read({ ...store, HERALD_BUS_SECRET_FILE: folder })).toThrow('which is not set')
    expect(() => read({ ...store, HERALD_BUS: 'nats://one', HERALD_BUS_CA_FILE: 'none' })).toThrow(
      'none is not',
    )
  })

  it('are read from the environment', () => {
    const config = read({
      HERALD_PORT: '0',
      HERALD_STATIC: folder,
      HERALD_ORIGINS: 'https://a.example , http://localhost:5173,',
      HERALD_PUBLIC_URL: 'https://herald.example.com/',
      HERALD_MAX_STORE_MB: '2',
      HERALD_STORE: 'postgres://herald@one:5432,two:5433/herald',
      HERALD_STORE_PASSWORD_FILE: '/run/secrets/herald',
      HERALD_TRUST_PROXY: 'loopback, 10.0.0.0/8',
    })
    expect(config).toMatchObject({
      port: 0,
      staticFolder: folder,
      origins: ['https://a.example', 'http://localhost:5173'],
      publicUrl: 'https://herald.example.com',
      maxStoreBytes: 2 * 1024 * 1024,
      database: {
        uri: 'postgres://herald@one:5432,two:5433/herald',
        passwordFile: '/run/secrets/herald',
      },
      trustProxy: ['loopback', '10.0.0.0/8'],
    })
  })

  it('count as absent when they are empty', () => {
    expect(read({ HERALD_PORT: '', HERALD_PUBLIC_URL: '', HERALD_JWT_ALG: '' })).toMatchObject({
      port: 8787,
      jwt: undefined,
      chatServers: [],
    })
  })

  it.each([
    ['HERALD_PORT', 'eighty', 'whole number from 0 to 65535'],
    ['HERALD_PORT', '65536', 'whole number from 0 to 65535'],
    ['HERALD_PORT', '-1', 'whole number'],
    ['HERALD_PORT', '1e3', 'whole number'],
    ['HERALD_STATIC', '/nowhere', 'a folder that holds index.html'],
    ['HERALD_ORIGINS', 'app.example.com', 'origins such as https://app.example.com'],
    ['HERALD_ORIGINS', 'https://app.example.com/path', 'without a path'],
    ['HERALD_ORIGINS', '*', 'origins such as'],
    ['HERALD_PUBLIC_URL', 'herald.example.com', 'an http or https address'],
    ['HERALD_PUBLIC_URL', 'ftp://x', 'an http or https address'],
    ['HERALD_LOG_LEVEL', 'verbose', '"debug"'],
    ['HERALD_RETENTION_DAYS', '0', 'whole number from 1'],
    ['HERALD_RETENTION_COUNT', '1.5', 'whole number'],
    ['HERALD_HEARTBEAT_MS', '10', 'whole number from 1000 to 300000'],
    ['HERALD_TRUST_PROXY', 'true', 'addresses of proxies'],
    ['HERALD_TRUST_PROXY', '2', 'addresses of proxies'],
    ['HERALD_METRICS', 'yes', '"admin"'],
    ['HERALD_QUICKSTART', 'true', '"1"'],
    ['HERALD_JWT_ALG', 'none', '"ES256"'],
  ])('refuse %s=%s, naming the variable and what it takes', (name, value, expected) => {
    expect(() => read({ [name]: value })).toThrow(ConfigError)
    expect(() => read({ [name]: value })).toThrow(new RegExp(`^${name}: .*`))
    expect(() => read({ [name]: value })).toThrow(expected)
  })

  it('tell all that is wrong at once', () => {
    expect(() => read({ HERALD_PORT: 'x', HERALD_METRICS: 'y' })).toThrow(/HERALD_PORT[\s\S]*HERALD_METRICS/)
  })

  it('leave a person’s terminal quiet, unless told otherwise', () => {
    expect(read({}, true)).toMatchObject({ quickstart: true, logLevel: 'warn' })
    expect(read({ HERALD_QUICKSTART: '1' })).toMatchObject({ quickstart: true, logLevel: 'warn' })
    expect(read({ HERALD_QUICKSTART: '0' }, true)).toMatchObject({ quickstart: false, logLevel: 'info' })
    expect(read({ HERALD_LOG_LEVEL: 'debug' }, true)).toMatchObject({ logLevel: 'debug' })
  })

  it('that nobody knows are found', () => {
    const env = { HERALD_PROT: '1', HERALD_PORT: '1', HERALD_URL: 'x', HERALD_TOKEN: 'x', PATH: '' }
    expect(unknownSettings(env)).toEqual(['HERALD_PROT'])
  })
})

describe('the settings for JWTs', () => {
  const complete = () => ({
    HERALD_JWT_ALG: 'HS256',
    HERALD_JWT_ISSUER: 'https://shop.example.com',
    HERALD_JWT_AUDIENCE: 'herald',
    HERALD_JWT_KEY_FILE: join(folder, 'secret'),
  })

  it('bring the key along', () => {
    expect(read(complete()).jwt).toEqual({
      algorithm: 'HS256',
      issuer: 'https://shop.example.com',
      audience: 'herald',
      key: 's'.repeat(32),
    })
  })

  it.each([['HERALD_JWT_ALG'], ['HERALD_JWT_ISSUER'], ['HERALD_JWT_AUDIENCE'], ['HERALD_JWT_KEY_FILE']])(
    'are refused without %s: nothing is left open',
    (name) => {
      expect(() => read({ ...complete(), [name]: '' })).toThrow('must be set together')
    },
  )

  it('refuse a key that is missing or can be guessed', () => {
    expect(() => read({ ...complete(), HERALD_JWT_KEY_FILE: '/nowhere' })).toThrow('HERALD_JWT_KEY_FILE')
    expect(() => read({ ...complete(), HERALD_JWT_KEY_FILE: join(folder, 'short') })).toThrow(
      'at least 32 bytes',
    )
  })
})
