import type { Notifications, NotificationSession } from '../contracts/cluster'
import { setTimeout as pause } from 'node:timers/promises'
import type { OpenWire, Wire } from './wire'

const CHANNEL = 'herald'

/** PostgreSQL takes fewer than 8,000 bytes in one notification. */
const ROOM_BYTES = 7900

/** Texts that may wait for the database; what is more than that is lost, and looked up by whoever counts. */
const MAX_WAITING = 10_000

/** A connection on which nothing comes back for so long is no connection any more, ms. */
const DEAD_MS = 4000

const BETWEEN_TRIES_MS = 200

/** A wire on the store's own PostgreSQL, by NOTIFY: one engine to run. It has a connection that is for nothing else. */
export function postgresWire(notifications: Notifications, onFault: (error: unknown) => void): OpenWire {
  return async (onText) => {
    const wire = new PostgresWire(notifications, onText, onFault)
    await wire.open()
    return wire
  }
}

class PostgresWire implements Wire {
  readonly roomBytes = ROOM_BYTES
  readonly #notifications: Notifications
  readonly #onText: (text: string) => void
  readonly #onFault: (error: unknown) => void
  #session: NotificationSession | undefined
  #waiting: string[] = []
  #isSending = false
  #closed = false

  constructor(
    notifications: Notifications,
    onText: (text: string) => void,
    onFault: (error: unknown) => void,
  ) {
    this.#notifications = notifications
    this.#onText = onText
    this.#onFault = onFault
    notifications.onLost(() => {
      this.#end(this.#session)
    })
  }

  get isOpen(): boolean {
    return this.#session !== undefined
  }

  async open(): Promise<void> {
    const opened: { session?: NotificationSession; isOver: boolean } = { isOver: false }
    const session = await this.#notifications.listen(CHANNEL, this.#onText, () => {
      opened.isOver = true
      this.#end(opened.session)
    })
    opened.session = session
    // It may be over before anybody here has it.
    if (opened.isOver) throw new Error('the connection ended as soon as it was there')
    if (this.#closed) session.end()
    else this.#session = session
  }

  send(text: string): void {
    // Without a connection it is lost, as others find by its count.
    if (!this.#session || this.#waiting.length >= MAX_WAITING) return
    this.#waiting.push(text)
    if (!this.#isSending) void this.#sendAll(this.#session)
  }

  async close(): Promise<void> {
    this.#closed = true
    const session = this.#session
    if (session && this.#waiting.length > 0) await this.#sendAll(session)
    this.#end(session)
  }

  /** One statement after the other, each with all that gathered while the last one was under way. */
  async #sendAll(session: NotificationSession): Promise<void> {
    this.#isSending = true
    try {
      while (this.#waiting.length > 0 && this.#session === session) {
        const texts = this.#waiting
        this.#waiting = []
        await within(DEAD_MS, session.notify(CHANNEL, texts))
      }
    } catch (error) {
      this.#onFault(error)
      this.#end(session)
    } finally {
      this.#isSending = false
    }
  }

  /** A session is over: whichever it was, another one is opened if it was the present one. */
  #end(session: NotificationSession | undefined): void {
    if (!session || this.#session !== session) return
    this.#session = undefined
    this.#waiting = []
    session.end()
    if (!this.#closed) void this.#again()
  }

  async #again(): Promise<void> {
    while (!this.#closed && !this.#session) {
      try {
        await this.open()
      } catch {
        // The store says what is wrong with the database; here it is tried until there is one.
        await pause(BETWEEN_TRIES_MS)
      }
    }
  }
}

/** Rejects when it takes longer. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`the database has not answered for ${String(ms)} ms`))
    }, ms)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
