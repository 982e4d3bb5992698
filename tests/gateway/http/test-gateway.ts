import { errors, type ErrorCode } from '@herald/protocol'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect } from 'vitest'
import { otherDevicesUrl } from '../../../gateway/process/addresses'
import { Audit } from '../../../gateway/process/audit'
import type { ClockDoubt } from '../../../gateway/clock/gateway-clock'
import { readConfig, type Config } from '../../../gateway/process/config'
import { requireGoodRegistration } from '../../../gateway/providers/registration-check'
import { DeadLetters } from '../../../gateway/escalation/dead-letters'
import { Receipts } from '../../../gateway/escalation/receipts'
import { checkOrigins } from '../../../gateway/http/origins'
import { Breaches } from '../../../gateway/process/breaches'
import { buildServer } from '../../../gateway/http/server'
import { openLog } from '../../../gateway/process/log'
import { openMetrics } from '../../../gateway/process/metrics'
import { trustProxies } from '../../../gateway/process/proxies'
import { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import { ReceiptError, type Receipt, type ReceiptReader } from '../../../gateway/providers/provider'
import { LocalBus } from '../../../gateway/bus/local'
import type { Bus } from '../../../gateway/contracts/bus'
import type { Store } from '../../../gateway/contracts/store'
import { openStore } from '../../../gateway/stores/sqlite/open'
import { wireBus } from '../contracts/memory/bus'
import { openMemoryStore } from '../contracts/memory/store'
import { openEscalationOn } from '../escalation/escalation-world'

const WRITER = new URL('../../../gateway/dist/writer.js', import.meta.url)

/** The network that the gateway's machine is in. */
const NETWORK: NonNullable<Parameters<typeof otherDevicesUrl>[2]> = {
  eth0: [
    {
      ...{ address: '192.168.1.20', netmask: '255.255.255.0', cidr: '192.168.1.20/24' },
      ...{ family: 'IPv4', mac: '00:00:00:00:00:00', internal: false },
    },
  ],
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS' | 'PATCH'

export interface Sent {
  readonly token?: string
  /** Sent as JSON, unless it is a string, which is sent as it stands. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly from?: string
}

export interface TestGatewayOptions {
  /** Environment variables, as a person would set them. */
  readonly env?: Readonly<Record<string, string>>
  readonly retention?: { maxAgeMs: number; maxCount: number }
}

export type TestGateway = Awaited<ReturnType<typeof openTestGateway>>

/** The store that this run of the tests is for: the embedded one, or the one in memory. */
function openStoreOfRun(
  options: Omit<Parameters<typeof openStore>[0], 'writer'> & { readonly bus: Bus },
): Promise<Store> {
  if (process.env['HERALD_TEST_STORE'] !== 'memory') return openStore({ ...options, writer: WRITER })
  const { bus, now, retention } = options
  return Promise.resolve(openMemoryStore({ retention, bus: wireBus(bus), ...(now && { now }) }))
}

/**
 * The real API on the real store in a temporary folder, without a port: requests are injected. Close it at the end.
 * The users are ann and bob; `tokens` has one of each kind. `state` closes the gateway or its disk; `clock.ms` is
 * the store's time.
 */
export async function openTestGateway({ env = {}, retention }: TestGatewayOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'herald-http-'))
  const config: Config = readConfig({ HERALD_RATE_FAILURES: '0', ...env }, false)
  const clock = { ms: Date.now() }
  const state: { closing: boolean; writable: boolean; doubt?: ClockDoubt } = {
    closing: false,
    writable: true,
  }
  const logged: string[] = []
  const audited: object[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged.push(chunk.toString())
      done()
    },
  })
  const bus = new LocalBus((error) => {
    throw error
  })
  const opened = await openStoreOfRun({
    ...{ bus, folder },
    retention: retention ?? { maxAgeMs: 1e15, maxCount: 1e9 },
    now: () => clock.ms,
  })
  const { log, directory, subscriptions, devices, pushes } = opened
  const world = await openEscalationOn({ ...opened, bus }, () => clock.ms)
  const guard = new EndpointGuard(config.providers.webpush?.allow ?? [])
  const receipts = new Receipts(pushes, (error) => {
    throw error
  })
  const audit = new Audit({ info: (fields) => audited.push(fields) })
  const figures = () => opened.figures()
  const metrics = openMetrics({
    ...{ figures, connections: () => 3, doubt: () => state.doubt },
    open: () => ({ connections: 5, most: 1000 }),
  })
  const isProxy = trustProxies(config.trustProxy)
  const breaches = new Breaches({ most: config.rates.broken, isProxy })
  const app = await buildServer({
    config,
    version: '1.2.3',
    logger: openLog('trace', sink),
    isOriginAllowed: checkOrigins(config),
    ...{ isProxy, breaches },
    services: {
      ...{ log, directory, subscriptions, devices, metrics, audit },
      ...{ presence: world.presence, deliveries: world.deliveries },
      deadLetters: new DeadLetters(pushes, () => clock.ms),
      receipts: {
        readerOf: (name) => (name === 'unipush' ? receiptReader : undefined),
        take: (name, list) => {
          receipts.take(name, list)
        },
      },
      push: {
        webPush: { publicKey: 'a-public-key' },
        list: () => world.providers.list(),
        check: (only) => world.providers.check(AbortSignal.timeout(60_000), only),
        isOn: (provider, app) => world.providers.find(provider, app) !== undefined,
        recipientOf: world.recipientOf,
        requireGood: (registration) => {
          requireGoodRegistration(registration, guard)
        },
      },
      authenticate: (secret) => directory.authenticate(secret),
      status: async () => ({
        ...{ version: '1.2.3', uptimeSeconds: 60, connections: 3, ...(await figures()) },
        ...(state.doubt && { clock: state.doubt }),
      }),
      clock: {
        now: () => clock.ms,
        get doubt() {
          return state.doubt
        },
      },
      otherDevicesUrl: (host) => otherDevicesUrl({ ...config, port: 8787 }, host, NETWORK),
      writable: () => state.writable,
      closing: () => state.closing,
    },
  })
  const call = (method: Method, url: string, { token, body, headers = {}, from }: Sent = {}) =>
    app.inject({
      method,
      url,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || typeof body === 'string' ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      ...(from === undefined ? {} : { remoteAddress: from }),
    })
  const tokens = await createTokens(opened.directory, clock)
  return {
    ...{
      ...opened,
      bus,
      breaches,
      app,
      call,
      tokens,
      clock,
      state,
      logged,
      audit,
      audited,
      metrics,
      folder,
      world,
    },
    async close(): Promise<void> {
      await app.close()
      await opened.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function createTokens(directory: Store['directory'], clock: { ms: number }) {
  const body = { label: '', publish: [] as string[], read: false, admin: false }
  await directory.createUser('ann', 'Ann')
  await directory.createUser('bob', 'Bob')
  const secret = async (user: string | null, changes: object): Promise<string> =>
    (await directory.createToken(user, { ...body, ...changes })).token
  const expired = await secret('ann', { read: true, admin: true, publish: ['*'], ttl: 1 })
  const doomed = await directory.createToken('ann', { ...body, read: true, admin: true, publish: ['*'] })
  await directory.revokeToken(doomed.info.id)
  const tokens = {
    admin: await secret(null, { admin: true }),
    publisher: await secret(null, { publish: ['topic:ops'] }),
    publisherOfAll: await secret(null, { publish: ['*'] }),
    reader: await secret('ann', { read: true }),
    bob: await secret('bob', { read: true }),
    expired,
    revoked: doomed.token,
    unknown: `hld_${'x'.repeat(43)}`,
  }
  clock.ms += 2000
  return tokens
}

/** Stands for a service that signs its callbacks with the word `signed`. */
const receiptReader: ReceiptReader = {
  readReceipts(headers, body) {
    if (headers['x-signature'] !== 'signed') throw new ReceiptError('the signature is wrong')
    return JSON.parse(body) as Receipt[]
  },
}

type Answered = Awaited<ReturnType<TestGateway['call']>>

/** Expects an error of the catalogue, with the catalogue's status and nothing else in the body. */
export function expectError(answer: Answered, code: ErrorCode): void {
  const { status, retryable } = errors[code]
  expect(answer.json()).toEqual({ error: { code, message: expect.any(String), retryable } })
  expect(answer.statusCode).toBe(status)
}
