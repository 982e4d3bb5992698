import { DeliveriesSchema, type DeliveryReason } from '@herald/protocol'
import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import * as v from 'valibot'
import { expect, onTestFinished } from 'vitest'
import { readConfig } from '../../../gateway/process/config'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { LiveNotes } from '../../../gateway/presence/live-notes'
import { Presence } from '../../../gateway/presence/presence'
import { openRecipients } from '../../../gateway/escalation/recipients'
import { requireGoodRegistration } from '../../../gateway/providers/registration-check'
import { DeadLetters } from '../../../gateway/escalation/dead-letters'
import { openEscalation } from '../../../gateway/escalation/open-escalation'
import { Receipts } from '../../../gateway/escalation/receipts'
import { checkOrigins } from '../../../gateway/http/origins'
import { buildServer } from '../../../gateway/http/server'
import { openLog } from '../../../gateway/process/log'
import { Audit } from '../../../gateway/process/audit'
import { openMetrics } from '../../../gateway/process/metrics'
import type { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import type { Provider } from '../../../gateway/providers/provider'
import { ProviderRegistry } from '../../../gateway/providers/registry'
import { trustProxies } from '../../../gateway/process/proxies'
import { SocketEndpoint } from '../../../gateway/ws/endpoint'
import { Hub } from '../../../gateway/ws/hub'
import { SETTINGS } from '../escalation/escalation-world'
import { openTestStore } from '../temporary-store'

const LEASE_MS = 37_500
const NOWHERE = new Writable({
  write: (_chunk, _encoding, done) => {
    done()
  },
})

export interface WholeGatewayOptions {
  readonly providers: readonly Provider[]
  /** Which endpoints of browsers may be registered; the strict one, when absent. */
  readonly guard?: EndpointGuard
  /** ms; a clock that the test moves, unless the test has its own. */
  readonly now?: () => number
}

/**
 * All of the gateway but its process: the real store, API, sockets, presence and escalation on a port, as main.ts
 * puts them together, with the providers that a test opens and a clock that only the test moves. Sockets and push
 * services are real, so a test waits for what they do, and then lets the gateway's time `pass`.
 */
export async function startWholeGateway({ providers: opened, guard, now: ownNow }: WholeGatewayOptions) {
  const clock = { ms: Date.now() }
  const now = ownNow ?? (() => clock.ms)
  const stored = await openTestStore({ now })
  const { log, directory, subscriptions, devices, pushes, bus } = stored
  const faults: unknown[] = []
  const fault = (error: unknown): void => void faults.push(error)
  const acks = new AckBuffer(stored.acks, fault)
  const presence = new Presence(LEASE_MS, now)
  const live = new LiveNotes(devices, fault)
  const recipientOf = await openRecipients(stored.secrets)
  const providers = new ProviderRegistry(opened)
  const closed: { code: number; device: string | undefined }[] = []
  const hub = new Hub({ log, bus, gateway: 'local', onDelivered: () => undefined })
  const { escalation, deliveries, sender } = openEscalation({
    ...{ store: stored, bus, acks, presence, recipientOf, now, settings: SETTINGS, owner: 'local' },
    doubtsClock: () => false,
    findProvider: (name, app) => providers.find(name, app),
    observer: {
      outcome: () => undefined,
      fault,
    },
  })
  const receipts = new Receipts(pushes, fault)
  const app = await buildApi()
  const endpoint = new SocketEndpoint(app.server, {
    ...{ log, subscriptions, pushes, bus, acks, presence, live, hub },
    heartbeatMs: 25_000,
    now,
    observer: {
      ...{ opened: () => undefined, joined: () => undefined, received: () => undefined },
      ...{ answered: () => undefined, delivered: () => undefined, acked: () => undefined, fault },
      closed: ({ code, device }) => void closed.push({ code, device }),
    },
    authenticate: (token) => directory.authenticate(token),
    isOriginAllowed: (origin) => origin === undefined,
    admit: () => Promise.resolve(),
    addressOf: () => '127.0.0.1',
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  onTestFinished(async () => {
    await escalation.settle()
    await endpoint.close(0)
    await app.close()
    receipts.stop()
    await acks.flush()
    expect(faults).toEqual([])
  })

  function buildApi() {
    const config = readConfig({ HERALD_RATE_FAILURES: '0', HERALD_RATE_REQUESTS: '0' }, false)
    const figures = () => stored.figures()
    return buildServer({
      ...{ config, version: '1.2.3', logger: openLog('silent', NOWHERE) },
      isOriginAllowed: checkOrigins(config),
      isProxy: trustProxies(config.trustProxy),
      services: {
        ...{ log, directory, subscriptions, devices, presence, deliveries },
        metrics: openMetrics({
          ...{ figures, connections: () => 0, doubt: () => undefined },
          open: () => ({ connections: 0, most: 0 }),
        }),
        audit: new Audit(openLog('silent', NOWHERE)),
        deadLetters: new DeadLetters(pushes, now),
        receipts: {
          readerOf: (name) => providers.readerOf(name),
          take: (name, list) => {
            receipts.take(name, list)
          },
        },
        push: {
          webPush: null,
          list: () => providers.list(),
          check: (only) => providers.check(AbortSignal.timeout(1000), only),
          isOn: (name, forApp) => providers.find(name, forApp) !== undefined,
          recipientOf,
          requireGood: (registration) => {
            requireGoodRegistration(registration, guard)
          },
        },
        authenticate: (secret) => directory.authenticate(secret),
        status: async () => ({ version: '1.2.3', uptimeSeconds: 1, connections: 0, ...(await figures()) }),
        clock: { now, doubt: undefined },
        writable: () => true,
        otherDevicesUrl: () => null,
        closing: () => false,
      },
    })
  }

  const gateway = {
    ...{ ...stored, clock, port, endpoint, presence, acks, escalation, sender, closed, recipientOf },
    url: `http://127.0.0.1:${String(port)}`,
    /** A person with a token to read as. */
    async addUser(user: string): Promise<string> {
      if (!(await directory.listUsers()).some(({ id }) => id === user)) await directory.createUser(user)
      const rights = { label: 'phone', publish: [], read: true, admin: false }
      return (await directory.createToken(user, rights)).token
    },
    request: (method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, token: string, body?: object) =>
      fetch(`http://127.0.0.1:${String(port)}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }),
    /** The app registers, as it does at each launch. */
    async register(token: string, device: string, push: readonly object[], body: object = {}) {
      const answer = await gateway.request('PUT', `/v1/me/devices/${device}`, token, {
        ...{ platform: 'ios', push },
        ...body,
      })
      expect(answer.status).toBe(200)
    },
    publish: (feed: string, content: Partial<Parameters<typeof log.append>[1]> = {}) =>
      log.append(feed, { body: 'Hello', priority: 3, ...content }),
    /** Lets time pass in steps as the gateway would look, and does what becomes due. */
    async pass(ms: number, stepMs = 500): Promise<void> {
      await escalation.settle()
      for (let left = ms; left > 0; left -= stepMs) {
        clock.ms += Math.min(stepMs, left)
        await escalation.settle()
      }
    },
    /** What a person is told of a message on one device. */
    async fate(id: string, device: string, token: string) {
      const answer = await gateway.request('GET', `/v1/messages/${id}/deliveries`, token)
      const { devices: told } = v.parse(DeliveriesSchema, await answer.json())
      const found = told.find((one) => one.device === device)
      if (!found) throw new Error(`nothing is told of ${device}`)
      const reasons = found.events.map(({ reason }): DeliveryReason => reason)
      return { ...found, reasons, details: found.events.flatMap(({ detail }) => detail ?? []) }
    },
  }
  await pushes.resume(now(), now() + 86_400_000)
  return gateway
}

export type WholeGateway = Awaited<ReturnType<typeof startWholeGateway>>
