import { DeviceBodySchema, type DeviceBody, type ProviderName, type PushPayload } from '@herald/protocol'
import * as v from 'valibot'
import { expect, onTestFinished } from 'vitest'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { Presence } from '../../../gateway/presence/presence'
import { openRecipients } from '../../../gateway/escalation/recipients'
import type { Circuits } from '../../../gateway/escalation/circuits'
import { DeadLetters } from '../../../gateway/escalation/dead-letters'
import { openEscalation } from '../../../gateway/escalation/open-escalation'
import type { PushSettings } from '../../../gateway/process/push-settings'
import type { Alert, Outcome, Provider, PushTarget } from '../../../gateway/providers/provider'
import { ProviderRegistry } from '../../../gateway/providers/registry'
import type { Bus } from '../../../gateway/contracts/bus'
import type { Store } from '../../../gateway/contracts/store'
import type { Retention } from '../../../gateway/stores/feed-rules'
import { openAnyStore } from '../temporary-store'
import { SETTINGS } from './push-settings'

export { SETTINGS }

/** One push as a provider was asked for it. */
export interface Asked {
  readonly target: PushTarget
  readonly alert: Alert
  readonly payload: PushPayload
}

/**
 * A provider whose answers a test scripts: `answers` are given in order, then `otherwise`. A function may take its
 * time or throw. What it was asked is in `asked`.
 */
export class ScriptedProvider implements Provider {
  readonly app = undefined
  readonly asked: Asked[] = []
  readonly answers: (Outcome | ((asked: Asked) => Outcome | Promise<Outcome>))[] = []
  otherwise: Outcome = { type: 'accepted' }
  keeps?: 'newest' | 'perhaps_newest'
  prepare?: () => Promise<string>

  constructor(
    readonly name: ProviderName,
    readonly clears = true,
  ) {}

  async send(target: PushTarget, alert: Alert): Promise<Outcome> {
    const asked = { target, alert, payload: JSON.parse(alert.payload) as PushPayload }
    this.asked.push(asked)
    const answer = this.answers.shift() ?? this.otherwise
    return typeof answer === 'function' ? answer(asked) : answer
  }

  check() {
    return Promise.resolve({ ok: true, detail: 'scripted' })
  }

  close() {
    return Promise.resolve()
  }

  /** The ids of messages that were asked to ring, in order; a summary's together. */
  get rung(): string[][] {
    return this.asked.flatMap(({ payload }) =>
      payload.type === 'message' ? [[payload.id]] : payload.type === 'summary' ? [payload.ids] : [],
    )
  }

  get cleared(): string[][] {
    return this.asked.flatMap(({ payload }) => (payload.type === 'clear' ? [payload.ids] : []))
  }
}

/** Escalation on an open store, with providers that a test scripts; nothing runs until `settle`. */
export async function openEscalationOn(
  opened: Pick<Store, 'log' | 'subscriptions' | 'devices' | 'pushes' | 'nudges' | 'acks' | 'secrets'> & {
    readonly bus: Bus
  },
  now: () => number,
  settings: Partial<PushSettings> = {},
  owner = 'local',
  names: readonly ProviderName[] = ['apns', 'unipush', 'jpush'],
  doubtsClock: () => boolean = () => false,
) {
  const faults: unknown[] = []
  const onFault = (error: unknown): void => void faults.push(error)
  const acks = new AckBuffer(opened.acks, onFault)
  const presence = new Presence(40_000, now)
  const recipientOf = await openRecipients(opened.secrets)
  const scripted = new Map(names.map((name) => [name, new ScriptedProvider(name)]))
  const providers = new ProviderRegistry([...scripted.values()])
  const pushed: { user: string; device: string; first: number; last: number }[] = []
  opened.bus.on('pushed', ({ user, device, spans }) => {
    pushed.push(...spans.map(({ first, last }) => ({ user, device, first, last })))
  })
  const parts = openEscalation({
    ...{ store: opened, bus: opened.bus, acks, presence, recipientOf, owner, now, doubtsClock },
    settings: { ...SETTINGS, ...settings },
    findProvider: (name, app) => providers.find(name, app),
    observer: {
      outcome: () => undefined,
      fault: onFault,
    },
  })
  const provider = (name: ProviderName): ScriptedProvider => {
    const found = scripted.get(name)
    if (!found) throw new Error(`no provider ${name} was opened`)
    return found
  }
  return {
    ...{ ...parts, acks, presence, recipientOf, providers, provider, pushed, faults },
    deadLetters: new DeadLetters(opened.pushes, now),
  }
}

/** A whole world of one gateway: store, users, devices and a clock that only the test moves. */
export async function openWorld(
  options: Partial<PushSettings> & {
    folder?: string
    providers?: readonly ProviderName[]
    start?: number
    doubtsClock?: () => boolean
    retention?: Retention
  } = {},
) {
  const { folder, providers, doubtsClock, retention, start = Date.UTC(2026, 5, 1, 12), ...settings } = options
  const clock = { ms: start }
  const now = (): number => clock.ms
  const opened = await openAnyStore({
    now,
    ...(folder !== undefined && { folder }),
    ...(retention && { retention }),
  })
  const world = await openEscalationOn(opened, now, settings, 'local', providers, doubtsClock)
  const { log, devices, directory, subscriptions } = opened
  await opened.pushes.resume(now(), now() + 86_400_000)
  onTestFinished(() => {
    expect(world.faults).toEqual([])
  })
  const session = { id: 't_session', user: null, label: '', created: 0, expires: null }
  const scopes = { publish: [], read: true, admin: false }

  return {
    ...{ ...opened, ...world, opened, clock, now },
    /** A user with a device that can be rung. */
    async addDevice(user: string, device: string, body: Partial<v.InferInput<typeof DeviceBodySchema>> = {}) {
      if (!(await directory.listUsers()).some(({ id }) => id === user)) await directory.createUser(user)
      await devices.put(
        user,
        device,
        { ...session, scopes },
        deviceBody({ ...pushBy('apns', device), ...body }),
      )
    },
    /** Publishes, and lets the clock stand still. */
    async publish(feed: string, content: Partial<Parameters<typeof log.append>[1]> = {}) {
      return log.append(feed, { body: 'Hello', priority: 3, ...content })
    },
    /** The device's app acks what it was sent. */
    async ack(user: string, device: string, feed: string, seq: number): Promise<void> {
      world.acks.record({ user, device, feed, epoch: (await log.head(feed))?.epoch ?? '', seq, time: now() })
    },
    async read(user: string, feed: string, seq: number): Promise<void> {
      await subscriptions.markRead(user, feed, (await log.head(feed))?.epoch ?? '', [[seq, seq]])
    },
    /** Lets time pass in steps as the gateway would look, and does what becomes due. */
    async pass(ms: number, stepMs = 500): Promise<void> {
      await world.escalation.settle()
      for (let left = ms; left > 0; left -= stepMs) {
        clock.ms += Math.min(stepMs, left)
        await world.escalation.settle()
      }
    },
    /** State and reason of a message on one device. */
    async standing(id: string, device: string) {
      const message = await log.find(id)
      if (!message) throw new Error('no such message')
      const found = (await world.deliveries.page(message, undefined, '', 200)).devices.find(
        (one) => one.device === device,
      )
      if (!found) throw new Error(`${device} is no device of a follower`)
      return found
    },
  }
}

export type World = Awaited<ReturnType<typeof openWorld>>

/** A push goes in, and hears that the quota is used up until then, ms. */
export function exhaust(circuits: Circuits, provider: ProviderName, until: number): void {
  const pass = circuits.enter({ provider }, 0)
  if (!('life' in pass)) throw new Error('the circuit lets nothing in')
  circuits.hear(pass, { type: 'exhausted', until }, 0)
}

/** A body with a registration of one service. */
export const pushBy = (provider: ProviderName, token: string) => ({
  platform: 'ios' as const,
  push: [{ provider, app: 'com.example.herald', token: `${provider}-${token}` }],
})

export const deviceBody = (body: v.InferInput<typeof DeviceBodySchema>): DeviceBody =>
  v.parse(DeviceBodySchema, body)

/** A word with a device's app, as a frame of its socket would be. */
export function hear(
  world: Pick<World, 'presence'>,
  user: string,
  device: string,
  state: 'foreground' | 'background',
) {
  world.presence.heard(user, device, state)
}
