import {
  FEED_NAME,
  parseServerFrame,
  SUBPROTOCOL,
  type AppState,
  type ClientFrame,
  type Device,
  type FeedState,
  type Pushed,
  type ReadRanges,
  type ServerFrame,
  type Welcome,
} from '@herald/protocol'
import type { Clock } from '../clock'
import { Connection } from '../connection/connection'
import { connectionView } from '../connection/connection-view'
import { fits } from '../inbox/arrivals'
import type { Inbox } from '../inbox/inbox'
import type { Arrival } from '../inbox/live-inbox'
import type { Log } from '../log'
import type { OpenSocket } from '../socket/socket'
import { AckOrder } from './ack-order'
import { Acks } from './acks'
import { buildHello } from './hello'
import { FloodBatcher } from './flood-batcher'
import { readFrames, unsentReads } from './read-frames'
import type { Source, SourceChange, SourceCredentials, SourceHost } from './source'

export interface GatewaySourcePorts {
  readonly open: OpenSocket
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
}

/** Where the gateway is and who asks. `device` is asked for at each hello: locale and time zone may change. */
export interface GatewayAccount extends SourceCredentials {
  readonly device: () => Device
}

/** Messages from the gateway's socket: parses, orders, dedupes, and asks again when something is missing. */
export class GatewaySource implements Source {
  readonly #ports: GatewaySourcePorts
  readonly #account: GatewayAccount
  readonly #host: SourceHost
  readonly #connection: Connection
  readonly #acks: Acks
  readonly #ackOrder = new AckOrder()
  readonly #batcher: FloodBatcher
  #appState: AppState
  /** For each feed the head that the welcome told: what is at or below it was published while we were away. */
  #heads: ReadonlyMap<string, number> | null = null
  /** Feeds that were new to this device, as they were then: what they held is no news, over later sockets neither. */
  readonly #backlogs = new Map<string, { readonly epoch: string; readonly head: number }>()

  constructor(ports: GatewaySourcePorts, account: GatewayAccount, host: SourceHost, appState: AppState) {
    this.#ports = ports
    this.#account = account
    this.#host = host
    this.#appState = appState
    const { open, clock, random } = ports
    this.#acks = new Acks((frame) => this.#sendFrame(frame), clock, random)
    this.#batcher = new FloodBatcher(clock, (change, arrival) => void this.#deliver(change, arrival))
    this.#connection = new Connection(
      { open, clock, random, url: () => socketUrl(account.server), subprotocol: SUBPROTOCOL },
      {
        hello: () => {
          this.#hello()
        },
        ping: () => {
          this.#acks.pinged()
          this.#connection.send(JSON.stringify({ type: 'ping' } satisfies ClientFrame))
        },
        text: (text) => {
          this.#receive(text)
        },
        state: (state) => {
          if (state.name !== 'live') {
            this.#batcher.flush()
            this.#heads = null
          }
          host.connection(connectionView(state))
        },
      },
    )
  }

  start(): void {
    this.#connection.handle({ type: 'start' })
  }

  renew(): void {
    this.#acks.flush()
    this.#connection.handle({ type: 'renewed' })
  }

  stop(): void {
    this.#batcher.drop()
    this.#acks.flush()
    this.#connection.handle({ type: 'stop' })
  }

  suspend(): void {
    this.#acks.flush()
    this.#connection.handle({ type: 'suspend' })
  }

  setAppState(state: AppState): void {
    const changed = state !== this.#appState
    this.#appState = state
    if (changed) {
      // An app that leaves the front may be frozen before a later moment comes.
      this.#acks.flush()
      this.#sendFrame({ type: 'state', state })
    }
    if (state === 'foreground') this.#connection.handle({ type: 'foreground' })
  }

  setNetwork(network: 'lost' | 'regained'): void {
    this.#connection.handle({ type: network === 'lost' ? 'networkLost' : 'networkRegained' })
  }

  sendRead(feed: string, epoch: string, ranges: ReadRanges): void {
    for (const frame of readFrames(feed, epoch, ranges)) this.#sendFrame(frame)
  }

  #hello(): void {
    const { token, device } = this.#account
    this.#heads = null
    const hello = buildHello({
      token: token(),
      device: device(),
      state: this.#appState,
      feeds: this.#feeds(),
    })
    this.#connection.send(JSON.stringify(hello))
  }

  /** What this device holds of the gateway's feeds; those of other sources are none of its business. */
  #feeds(): Inbox['feeds'] {
    return Object.fromEntries(Object.entries(this.#host.feeds()).filter(([feed]) => FEED_NAME.test(feed)))
  }

  /** Only a welcomed socket takes frames; what is not sent now is made good by the next welcome. */
  #sendFrame(frame: ClientFrame): boolean {
    if (this.#connection.state.name !== 'live') return false
    this.#connection.send(JSON.stringify(frame))
    return true
  }

  #receive(text: string): void {
    const parsed = parseServerFrame(text)
    if (!parsed.ok) {
      this.#ports.log(parsed.problem === 'unknown' ? 'frame.unknown' : 'frame.broken', {
        detail: parsed.detail,
      })
      // A newer gateway may say things that this client does not know; broken ones mean that nothing can be trusted.
      if (parsed.problem === 'unknown') this.#connection.handle({ type: 'heard' })
      else this.#break('bad frame')
      return
    }
    if (parsed.frame.type === 'pong') this.#acks.proven()
    this.#connection.handle({ type: parsed.frame.type === 'pong' ? 'pong' : 'heard' })
    if (parsed.frame.type === 'welcome') this.#welcome(parsed.frame)
    else if (parsed.frame.type !== 'pong') this.#take(parsed.frame)
  }

  #welcome({ feeds, heartbeatMs }: Welcome): void {
    if (this.#heads) {
      this.#break('second welcome')
      return
    }
    this.#heads = new Map(feeds.map(({ feed, head }) => [feed, head]))
    for (const state of feeds) this.#noteBacklog(state)
    const gone = Object.keys(this.#feeds()).filter((feed) => this.#heads?.has(feed) !== true)
    void this.#host.deliver({ type: 'welcome', feeds, gone }, { catchUp: true })
    this.#connection.handle({ type: 'welcomed', heartbeatMs })
    const records = this.#host.feeds()
    for (const state of feeds) {
      const record = records[state.feed]
      if (record) this.sendRead(state.feed, state.epoch, unsentReads(record, state))
    }
    this.#acks.resume()
  }

  #take(frame: Exclude<ServerFrame, Welcome | { type: 'pong' }>): void {
    if (!this.#heads) {
      this.#break('frame before welcome')
      return
    }
    if (frame.type === 'pushed') {
      this.#batcher.flush()
      void this.#notePushed(frame)
      return
    }
    const change: SourceChange = frame
    const arrival = this.#arrivalOf(change)
    if (change.type === 'messages' && this.#batcher.continues(change, arrival)) {
      this.#batcher.take(change, arrival)
      return
    }
    // What waits comes before any change that is not about another feed's messages.
    if (change.type !== 'messages' || this.#batcher.holds(change.feed)) this.#batcher.flush()
    if (fits({ feeds: this.#host.feeds() }, change) === 'hole') {
      this.#ports.log('source.hole', { type: frame.type })
      this.#break('hole')
      return
    }
    if (change.type === 'feed') this.#noteBacklog(change.state)
    if (change.type === 'messages') this.#batcher.take(change, arrival)
    else void this.#deliver(change, arrival)
  }

  /** What is here already, since the service worker stored it or an ack was cut off, comes no more: it is acked now. */
  async #notePushed(frame: Pushed): Promise<void> {
    const { feed, epoch, ranges } = frame
    const record = this.#host.feeds()[feed]
    const last = Math.max(...ranges.map((range) => range[1]))
    const isHere = record?.epoch === epoch && record.cursor >= last
    await this.#host.pushed(frame)
    if (!isHere) return
    this.#acks.note(feed, epoch, last)
    this.#acks.flushSoon()
  }

  #noteBacklog({ feed, epoch, head }: FeedState): void {
    if (!this.#host.feeds()[feed]) this.#backlogs.set(feed, { epoch, head })
  }

  #arrivalOf(change: SourceChange): Arrival {
    if (change.type !== 'messages') return { catchUp: false, backlog: false }
    const { feed, epoch, messages } = change
    const last = messages.at(-1)?.seq ?? Infinity
    const backlog = this.#backlogs.get(feed)
    return {
      catchUp: last <= (this.#heads?.get(feed) ?? 0),
      backlog: backlog?.epoch === epoch && last <= backlog.head,
    }
  }

  async #deliver(change: SourceChange, arrival: Arrival): Promise<void> {
    const last = change.type === 'messages' ? change.messages.at(-1) : undefined
    if (change.type !== 'messages' || !last) {
      await this.#host.deliver(change, arrival)
      return
    }
    const { feed, epoch } = change
    const end = this.#ackOrder.begin(`${feed} ${epoch}`, last.seq)
    await this.#host.deliver(change, arrival)
    const seq = end()
    if (seq === undefined) return
    this.#acks.note(feed, epoch, seq)
    this.#acks.flushSoon()
  }

  #break(reason: string): void {
    this.#connection.handle({ type: 'broken', reason })
  }
}

/** The socket's address: ws for http, wss for https. */
export function socketUrl(server: string): string {
  return `${server.replace(/^http/i, 'ws')}/v1/socket`
}
