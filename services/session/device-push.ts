import type { Message, PushPayload } from '@herald/protocol'
import type { GatewayApi } from '../api/gateway-api'
import { pushServices, registerDevice } from '../api/push-api'
import type { ArrivedPush, KeptSession, PushPort, PushView } from '../push/push-port'
import { Registrar } from '../push/registrar'
import type { TabMessage } from '../tabs/tabs'
import type { AccountPorts } from './account-ports'
import { hasGateway, type SessionRecord } from './session-record'
import type { AccountTab } from './account-tab'

/** What it needs of the account that it belongs to. */
export interface DevicePushPorts {
  readonly ports: AccountPorts
  readonly session: () => SessionRecord
  readonly api: GatewayApi
  readonly tab: AccountTab
  /** The whole message, when the gateway can be asked. */
  readonly fetchMessage: (id: string) => Promise<Message | undefined>
}

/** Most pushes that a tab holds which does not lead. */
const MAX_HELD = 50

type MessagePush = Extract<PushPayload, { type: 'message' }>

/** Push on this device: registers it while this tab leads, and takes what a push service brought. */
export class DevicePush {
  readonly #at: DevicePushPorts
  readonly #stopListening: () => void
  #registrar: Registrar | null = null
  #port: PushPort | null = null
  #view: PushView = null
  /** What the gateway has of this device. */
  #registered: Pick<KeptSession, 'recipient' | 'body'> | null = null
  #leads = false
  /** What came while another tab led, and nobody has shown: that tab may be frozen, and never come to it. */
  #held: ArrivedPush[] = []
  readonly #taking = new Set<string>()
  #phase: 'running' | 'ended' = 'running'

  constructor(at: DevicePushPorts) {
    this.#at = at
    this.#stopListening = at.ports.link.listen((message) => {
      this.#hear(message)
    })
    void this.#open()
  }

  /** This tab holds the socket from now on, or no longer: only one tab of a device registers it. */
  lead(leads: boolean): void {
    this.#leads = leads
    if (!leads) {
      this.#registrar?.stop()
      this.#registrar = null
      return
    }
    this.#startRegistrar()
    for (const push of this.#held.splice(0)) void this.#take(push)
  }

  /** A setting that the gateway is told has changed, or the permission to notify. */
  changed(): void {
    if (this.#leads) this.#registrar?.changed()
    else this.#at.ports.link.send({ type: 'pushChanged' })
  }

  /** The session has a new token: the registration is the person's and stays, and whoever uses the token learns of it. */
  renew(): void {
    if (this.#port) this.#keep(this.#port)
    this.#registrar?.awake()
  }

  /** The app is back, or its network is. */
  awake(): void {
    this.#registrar?.awake()
  }

  stop(): void {
    this.#phase = 'ended'
    this.lead(false)
    this.#stopListening()
  }

  async #open(): Promise<void> {
    const { ports, session } = this.#at
    if (!hasGateway(session())) {
      this.#show({ none: 'no_gateway' })
      return
    }
    try {
      const port = await ports.loadPush()
      if (this.#phase === 'ended') return
      this.#port = port
    } catch (error) {
      // Its code did not come: the next start of the app loads it. The socket brings everything meanwhile.
      ports.log('push.code_missing', { error: String(error) })
      return
    }
    this.#port.onChange(() => {
      this.changed()
    })
    this.#port.onPush((push) => {
      void this.#take(push)
    })
    if (this.#leads) this.#startRegistrar()
  }

  #startRegistrar(): void {
    const port = this.#port
    if (!port || this.#registrar) return
    const { ports, api } = this.#at
    const { clock, random, log, device, settings } = ports
    this.#registrar = new Registrar({
      push: port,
      clock,
      random,
      log,
      device,
      settings,
      services: () => pushServices(api),
      register: (body) => registerDevice(api, device().id, body),
      onRegistered: ({ recipient }, body) => {
        // The worker would act for a user who has signed out in another tab.
        if (ports.isEndedElsewhere(this.#at.session())) return
        ports.keepRecipient(this.#at.session(), recipient)
        this.#registered = { recipient, body }
        this.#keep(port)
      },
      onView: (view) => {
        this.#show(view)
        ports.link.send({ type: 'push', view })
      },
    })
    this.#registrar.start()
  }

  /** The worker asks with this token while no tab is there. */
  #keep(port: PushPort): void {
    if (!this.#registered) return
    const { ports, session } = this.#at
    const { server, token } = session()
    port.keep({ server, token, device: ports.device().id, ...this.#registered }).catch((error: unknown) => {
      ports.log('push.not_kept', { error: String(error) })
    })
  }

  #show(view: PushView): void {
    this.#view = view
    this.#at.ports.view.push(view)
  }

  #hear(message: TabMessage): void {
    if (message.type === 'push') this.#show(message.view)
    if (!this.#leads) return
    if (message.type === 'pushChanged') this.#registrar?.changed()
    if (message.type === 'brought') void this.#take({ payload: message.payload, shown: false })
    if (message.type === 'join') this.#at.ports.link.send({ type: 'push', view: this.#view })
  }

  /** Every tab is told of a push, and the leader is the one that presents. */
  async #take(push: ArrivedPush): Promise<void> {
    const { tab, ports } = this.#at
    await tab.loaded
    // A thawed tab may lead no more: it hears so in the same burst.
    if (ports.link.hasMet && !push.shown) await tab.settled()
    if (this.#phase === 'ended') return
    if (this.#leads) await this.#takeAsLeader(push)
    else if (!push.shown && push.payload.type !== 'clear') this.#handOn(push)
  }

  /** The leader was told too, unless it came later. It is asked whether it runs, and whoever leads in its place has this. */
  #handOn(push: ArrivedPush): void {
    const { tab, ports } = this.#at
    this.#held = [...this.#held, push].slice(-MAX_HELD)
    ports.link.send({ type: 'brought', payload: push.payload })
    if (ports.link.visible) tab.reconnect()
  }

  async #takeAsLeader({ payload, shown }: ArrivedPush): Promise<void> {
    const { tab, ports } = this.#at
    if (payload.type === 'clear') {
      await tab.presenter.closeMessages(payload.ids)
      if (payload.badge === 0) await tab.presenter.closeSummary()
    }
    if (payload.type === 'message' && !shown) await this.#present(payload)
    if (payload.type === 'message' && shown) tab.liveInbox.markPresented([payload.id])
    if (payload.type === 'summary' && !shown) await tab.liveInbox.presentSummary(payload.ids)
    if (payload.type === 'summary' && shown) tab.liveInbox.markPresented(payload.ids)
    // The list is behind the gateway: its count is the better one until the socket has caught up.
    if (!tab.isLive) ports.badge.set(payload.badge)
    // Pushes are sent when the socket was silent: what is held for a connection may be none.
    tab.reconnect()
  }

  /** Tabs may hand on the same push at once: its words are fetched once. */
  async #present(push: MessagePush): Promise<void> {
    const { tab, ports } = this.#at
    if (this.#taking.has(push.id) || tab.ledger.hasShown(push.id)) return
    this.#taking.add(push.id)
    try {
      const message = await this.#messageOf(push)
      // Frozen while it was fetched: another tab may have shown it, and lead.
      if (ports.link.hasMet) await tab.settled()
      if (this.#leads) await tab.liveInbox.presentPushed(message)
      else this.#handOn({ payload: push, shown: false })
    } finally {
      this.#taking.delete(push.id)
    }
  }

  /** `idOnly`: what it says is fetched; what cannot be fetched is told without its words. */
  async #messageOf(push: MessagePush): Promise<Message> {
    const { id, feed, seq, time, priority, title, body = '' } = push
    const told: Message = { id, feed, seq, time, priority, body, ...(title !== undefined && { title }) }
    if (title !== undefined || body !== '') return told
    try {
      return (await this.#at.fetchMessage(id)) ?? told
    } catch (error) {
      this.#at.ports.log('push.not_fetched', { error: String(error) })
      return told
    }
  }
}
