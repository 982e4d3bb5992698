import { writeXml, type XmlElement } from '@herald/protocol'
import type { ComponentSettings } from '../process/chat-settings'
import { ComponentStream, type StreamEnd } from './component-stream'

/** After a first try that comes at once, how long the next ones wait at least and at most (ms). */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000

/** How often the server is asked whether it is there, and how long it may say nothing (ms). */
const PING_MS = 30_000
const SILENCE_MS = 75_000

/** How long a test waits for its own word to come round (ms). */
const ROUND_TRIP_MS = 5000

/** Publishes that are being stored; the server waits with more until some of them are answered. */
const MAX_AT_ONCE = 500

/** How the connection to one chat server is. */
export interface ComponentStatus {
  readonly name: string
  readonly server: string
  readonly up: boolean
  /** Since when it is as it is, ms. */
  readonly since: number
  /** Why it is down, as far as that is known. */
  readonly end: StreamEnd | null
  /** When it was last away, ms: what was published meanwhile is lost, and ejabberd has forgotten those devices. */
  readonly away: { readonly from: number; readonly to: number } | null
}

interface ComponentPorts {
  /** Answers a stanza; undefined when there is none. Never rejects. */
  readonly answer: (stanza: XmlElement) => Promise<string | undefined>
  readonly now: () => number
  readonly onChange: (status: ComponentStatus) => void
}

/** The gateway's place at one chat server: connected, or about to be. */
export class Component {
  readonly settings: ComponentSettings
  readonly #ports: ComponentPorts
  #stream: ComponentStream | undefined
  #status: ComponentStatus
  #tries = 0
  #timer: NodeJS.Timeout | undefined
  #pinging: NodeJS.Timeout | undefined
  #heardAt = 0
  #working = 0
  #stopped = false
  #pings = 0
  readonly #waiting = new Map<string, () => void>()

  constructor(settings: ComponentSettings, ports: ComponentPorts) {
    this.settings = settings
    this.#ports = ports
    const { host, port } = settings.server
    this.#status = {
      ...{ name: settings.name, server: `${host}:${String(port)}`, up: false, since: ports.now() },
      ...{ end: null, away: null },
    }
  }

  get status(): ComponentStatus {
    return this.#status
  }

  start(): void {
    if (this.#stopped) return
    const stream: ComponentStream = new ComponentStream(this.settings, {
      up: () => {
        this.#onUp()
      },
      stanza: (element) => {
        this.#heardAt = performance.now()
        void this.#take(stream, element)
      },
      ended: (end) => {
        this.#onEnded(end)
      },
    })
    this.#stream = stream
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#pinging)
    this.#stream?.close()
  }

  /** Sends a word to the gateway itself: true when it comes round by the server. */
  async roundTrip(): Promise<boolean> {
    if (!this.#status.up) return false
    const id = this.#ping()
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id)
        resolve(false)
      }, ROUND_TRIP_MS)
      this.#waiting.set(id, () => {
        clearTimeout(timer)
        resolve(true)
      })
    })
  }

  #onUp(): void {
    this.#tries = 0
    this.#heardAt = performance.now()
    const now = this.#ports.now()
    const { end, since } = this.#status
    const away = end === null ? this.#status.away : { from: since, to: now }
    this.#change({ ...this.#status, up: true, since: now, end: null, away })
    this.#pinging = setInterval(() => {
      if (performance.now() - this.#heardAt > SILENCE_MS)
        this.#stream?.abort('silent', `the server has said nothing for ${String(SILENCE_MS / 1000)} s`)
      else this.#ping()
    }, PING_MS)
  }

  #onEnded(end: StreamEnd): void {
    clearInterval(this.#pinging)
    const since = this.#status.up ? this.#ports.now() : this.#status.since
    this.#change({ ...this.#status, up: false, since, end })
    if (this.#stopped) return
    const waitMs = waitBefore(this.#tries)
    this.#tries += 1
    this.#timer = setTimeout(() => {
      this.start()
    }, waitMs)
  }

  #change(status: ComponentStatus): void {
    this.#status = status
    this.#ports.onChange(status)
  }

  #ping(): string {
    const id = `herald-${String((this.#pings += 1))}`
    const { name } = this.settings
    this.#stream?.send(
      writeXml('iq', { type: 'get', id, from: name, to: name }, writeXml('ping', { xmlns: 'urn:xmpp:ping' })),
    )
    return id
  }

  async #take(stream: ComponentStream, stanza: XmlElement): Promise<void> {
    const { id = '', type } = stanza.attrs
    if (type === 'result' || type === 'error') {
      const came = type === 'result' ? this.#waiting.get(id) : undefined
      this.#waiting.delete(id)
      came?.()
      return
    }
    this.#working += 1
    if (this.#working === MAX_AT_ONCE) stream.read(false)
    const answer = await this.#ports.answer(stanza)
    this.#working -= 1
    if (this.#working === MAX_AT_ONCE - 1) stream.read(true)
    if (answer !== undefined) stream.send(answer)
  }
}

/** The first try comes at once; full jitter after that, so that several gateways do not come together. */
export function waitBefore(tries: number, random: () => number = Math.random): number {
  if (tries === 0) return 0
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 10))
  return FIRST_WAIT_MS + Math.round(random() * (ceiling - FIRST_WAIT_MS))
}
