import { HeraldError, type ChatRegistration, type ChatServerCheck } from '@herald/protocol'
import { createHmac, randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { DeviceKey, Devices } from '../contracts/devices'
import type { Nudges } from '../contracts/nudges'
import type { Secrets } from '../contracts/secrets'
import type { ComponentSettings } from '../process/chat-settings'
import { AppServer, type PublishOutcome } from './app-server'
import { Component, type ComponentStatus } from './component'

/** Chat accounts of one device. */
const MAX_ACCOUNTS = 16

interface ComponentsParts {
  readonly store: { readonly nudges: Nudges; readonly devices: Devices; readonly secrets: Secrets }
  readonly now: () => number
  readonly logger: Logger
  readonly registry: Registry
  readonly onFault: (error: unknown) => void
}

/** Opens the gateway's places at chat servers; they connect with `start`. */
export async function openComponents(settings: readonly ComponentSettings[], parts: ComponentsParts) {
  const { store, now, logger, registry, onFault } = parts
  const { nudges, devices } = store
  const key = await store.secrets.keep('chat-nodes', randomBytes(32).toString('base64url'))
  const secretOf = (node: string): string => createHmac('sha256', key).update(node).digest('base64url')
  const metrics = observeComponents(registry)
  const components = settings.map((each) => {
    const publishes = { noted: 0, quiet: 0, unknown: 0, failed: 0 }
    const onPublish = (outcome: PublishOutcome): void => {
      publishes[outcome] += 1
      metrics.publishes.inc({ component: each.name, outcome })
    }
    const server = new AppServer({ nudges, devices, secretOf, now, onPublish, onFault })
    const component = new Component(each, {
      ...{ answer: (stanza) => server.answer(stanza), now },
      onChange: (status) => {
        metrics.up.set({ component: each.name }, Number(status.up))
        logChange(logger, status)
      },
    })
    return { component, publishes }
  })
  return {
    start: () => {
      for (const { component } of components) component.start()
    },
    stop: () => {
      for (const { component } of components) component.stop()
    },
    /** Throws `chat_server_unknown`, `device_not_found`, `chat_account_limit`. */
    async register(device: DeviceKey, account: string, domain: string): Promise<ChatRegistration> {
      const component = componentFor(settings, domain)
      if (!component) throw new HeraldError('chat_server_unknown')
      const { node } = await nudges.register({
        ...{ ...device, account, domain, component: component.name, registered: now() },
        ...{ node: randomBytes(16).toString('base64url'), limit: MAX_ACCOUNTS },
      })
      return { jid: component.name, node, secret: secretOf(node) }
    },
    unregister: (device: DeviceKey, account: string) => nudges.unregister(device, account),
    async historyOf(user: string, limit: number) {
      const [nodes, records] = await Promise.all([nudges.nodesOf(user), nudges.listOf(user, limit)])
      return {
        accounts: nodes.map(({ device, account, domain, component, registered }) => ({
          ...{ device, account, domain, component, registered },
        })),
        nudges: records.map(({ device, account, count, created, state, reason, due, trail }) => ({
          ...{ device, account, count, time: created, state, reason, next: due, events: trail },
        })),
      }
    },
    check: (): Promise<ChatServerCheck[]> =>
      Promise.all(
        components.map(async ({ component, publishes }) => ({
          ok: await component.roundTrip(),
          ...{ ...component.status, domains: component.settings.domains, publishes: { ...publishes } },
        })),
      ),
  }
}

/** The component that serves a domain: the one that names it, else one that serves everybody. */
export const componentFor = (
  settings: readonly ComponentSettings[],
  domain: string,
): ComponentSettings | undefined =>
  settings.find(({ domains }) => domains.includes(domain)) ??
  settings.find(({ domains }) => domains.length === 0)

function logChange(logger: Logger, { name, server, up, end }: ComponentStatus): void {
  if (up) logger.info({ component: name, server }, 'chat server connected')
  else logger.warn({ component: name, server, code: end?.code, detail: end?.detail }, 'chat server away')
}

function observeComponents(registry: Registry) {
  return {
    up: new Gauge({
      ...{ name: 'herald_xmpp_component_up', labelNames: ['component'], registers: [registry] },
      help: 'Whether the gateway is connected to a chat server as its component',
    }),
    publishes: new Counter({
      ...{ name: 'herald_xmpp_publishes_total', labelNames: ['component', 'outcome'], registers: [registry] },
      help: 'What chat servers said of accounts, by what was made of it',
    }),
  }
}
