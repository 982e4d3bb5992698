import type { FeedState, HistoryPage, Me, Message, ReadAnswer, ServerFrame } from '@herald/protocol'
import type { HttpAnswer, HttpRequest } from '../services/api/http'
import type { OpenSocket, SocketHandlers } from '../services/socket/socket'
import type { HeraldOptions } from './types'

/** What a preview is filled with. */
export interface MockOptions {
  /** What the messages say, over and over: the first comes at once, the next after `every`. */
  readonly messages?: readonly MockMessage[] | undefined
  /** After how long the next message comes (ms); 0: only those of `messages`, at once. 3,000 when absent. */
  readonly every?: number | undefined
}

/** What a sender would write. */
export type MockMessage = Partial<
  Pick<Message, 'title' | 'priority' | 'link' | 'actions' | 'tags' | 'data' | 'markdown'>
> &
  Pick<Message, 'body'>

const USER = { id: 'preview', name: 'Preview' }
const FEED = 'user:preview'
const SERVER = 'https://preview.invalid'
const HEARTBEAT_MS = 30_000
const EVERY_MS = 3_000

const MESSAGES: readonly MockMessage[] = [
  {
    title: 'Order 1024 has left',
    body: 'It is on its way, and comes tomorrow before noon.',
    data: { order: '1024' },
  },
  { title: '发货通知', body: '您的包裹已发出，预计明天中午前送达。' },
  { title: 'Pump 3 stands still', body: 'Pressure fell to 0.4 bar at 10:42.', priority: 5, tags: ['plant'] },
  { body: 'A message without a title.' },
]

/**
 * Stands in for a gateway, so that an app shows list, count and banner where there is none: in HBuilderX' preview or WeChat's
 * tools. `createHerald({ ...options, ...mockHerald({ every: 3000 }) })`; what it stores has a namespace of its own.
 */
export function mockHerald(options: MockOptions = {}): Partial<HeraldOptions> & { readonly server: string } {
  const gateway = new MockGateway(options)
  return {
    server: SERVER,
    namespace: 'herald-preview',
    token: () => Promise.resolve('preview'),
    system: false,
    worker: false,
    platform: (hooks, open) => ({
      ...open(hooks),
      openSocket: gateway.openSocket,
      sendRequest: (request) => Promise.resolve(gateway.answer(request)),
    }),
  }
}

/** One person's feed in memory. */
class MockGateway {
  readonly #texts: readonly MockMessage[]
  readonly #everyMs: number
  /** Each life is a log of its own: what an earlier one has left on the device goes. */
  readonly #bornAt = Date.now()
  readonly #log: Message[] = []
  readonly #read = new Set<number>()
  #socket: SocketHandlers | null = null
  #timer: ReturnType<typeof setInterval> | null = null

  constructor({ messages = MESSAGES, every = EVERY_MS }: MockOptions) {
    this.#texts = messages
    this.#everyMs = every
  }

  readonly openSocket: OpenSocket = (_url, handlers) => {
    this.#socket = handlers
    setTimeout(() => {
      if (this.#socket === handlers) handlers.open()
    })
    return {
      send: (text) => {
        setTimeout(() => {
          if (this.#socket === handlers) this.#take(JSON.parse(text) as Record<string, unknown>)
        })
      },
      close: (code, reason) => {
        if (this.#socket === handlers) this.#socket = null
        setTimeout(() => {
          handlers.closed(code, reason)
        })
      },
    }
  }

  answer({ method, url, body }: HttpRequest): HttpAnswer {
    const path = url.replace(/^https?:\/\/[^/]+|\?.*$/g, '')
    if (method === 'GET' && path === '/v1/me') return ok(this.#me())
    if (method === 'GET' && path.startsWith('/v1/feeds/')) return ok(this.#page(url))
    if (method === 'POST' && path === '/v1/me/read') return ok(this.#readBy(body))
    if (method === 'GET' && path === '/v1/feeds') return ok({ topics: [] })
    if (method !== 'GET') return { status: 204, text: '' }
    const error = { code: 'not_found', message: 'a preview has no such thing', retryable: false }
    return { status: 404, text: JSON.stringify({ error }) }
  }

  #take(frame: Record<string, unknown>): void {
    if (frame['type'] === 'ping') this.#send({ type: 'pong' })
    if (frame['type'] === 'read') this.#readBy(frame)
    if (frame['type'] === 'hello') this.#welcome(frame['cursors'])
  }

  #welcome(cursors: unknown): void {
    const { [FEED]: cursor } = cursors as Record<string, { epoch: string; seq: number } | undefined>
    const seq = cursor?.epoch === this.#epoch ? cursor.seq : 0
    if (this.#log.length === 0) this.#fill()
    this.#send({ type: 'welcome', user: USER, heartbeatMs: HEARTBEAT_MS, feeds: [this.#state()] })
    if (cursor && seq === 0)
      this.#send({ type: 'reset', feed: FEED, epoch: this.#epoch, reason: 'unknown_epoch' })
    this.#sendMessages(this.#log.slice(seq))
    if (this.#everyMs > 0 && this.#timer === null)
      this.#timer = setInterval(() => this.#tick(), this.#everyMs)
  }

  /** Nobody who is gone is sent anything. */
  #tick(): void {
    if (this.#socket) this.#sendMessages([this.#append()])
  }

  #fill(): void {
    const count = this.#everyMs > 0 ? 1 : this.#texts.length
    for (let n = 0; n < count; n += 1) this.#append()
  }

  #append(): Message {
    const seq = this.#log.length + 1
    const text = this.#texts[(seq - 1) % this.#texts.length] ?? { body: '' }
    const message = { priority: 3, ...text, id: this.#idOf(seq), feed: FEED, seq, time: Date.now() }
    this.#log.push(message)
    return message
  }

  /** A UUID that no earlier life has used: what was shown once is not shown again. */
  #idOf(seq: number): string {
    const life = this.#bornAt.toString(16).padStart(12, '0')
    return `${life.slice(0, 8)}-${life.slice(8)}-4000-8000-${seq.toString(16).padStart(12, '0')}`
  }

  get #epoch(): string {
    return `preview-${String(this.#bornAt)}`
  }

  #sendMessages(messages: readonly Message[]): void {
    if (messages.length > 0) this.#send({ type: 'messages', feed: FEED, epoch: this.#epoch, messages })
  }

  #send(frame: ServerFrame): void {
    this.#socket?.message(JSON.stringify(frame))
  }

  #readBy(body: unknown): ReadAnswer {
    const { ranges } = body as { ranges: readonly (readonly [number, number])[] }
    for (const [first, last] of ranges)
      for (let seq = first; seq <= Math.min(last, this.#log.length); seq += 1) this.#read.add(seq)
    const { feed, epoch, unread, read } = this.#state()
    return { feed, epoch, unread, read }
  }

  #state(): FeedState {
    const head = this.#log.length
    const read: [number, number][] = []
    for (const seq of [...this.#read].sort((a, b) => a - b)) {
      const last = read.at(-1)
      if (last && last[1] + 1 === seq) last[1] = seq
      else read.push([seq, seq])
    }
    return {
      feed: FEED,
      epoch: this.#epoch,
      from: 1,
      head,
      unread: head - this.#read.size,
      read,
      muted: false,
    }
  }

  #me(): Me {
    const scopes = { publish: [], read: true, admin: false }
    const token = {
      id: 'preview',
      user: USER.id,
      label: 'Preview',
      scopes,
      created: this.#bornAt,
      expires: null,
    }
    return { user: USER, token, feeds: [this.#state()] }
  }

  #page(url: string): HistoryPage {
    const before = Number(/[?&]before=(\d+)/.exec(url)?.[1] ?? Number.POSITIVE_INFINITY)
    const messages = this.#log.filter(({ seq }) => seq < before).slice(-50)
    return { feed: FEED, epoch: this.#epoch, from: 1, head: this.#log.length, messages }
  }
}

const ok = (body: object): HttpAnswer => ({ status: 200, text: JSON.stringify(body) })
