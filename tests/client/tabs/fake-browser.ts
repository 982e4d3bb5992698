import type { Lease, LeaseCell } from '@/services/tabs/lease-election'
import type { Locks } from '@/services/tabs/lock-election'
import type { TabChannel, TabEnvelope } from '@/services/tabs/tabs'

/** BroadcastChannel between tabs of a test: messages come later, in order, to all but the sender. */
export class FakeChannels {
  readonly #handlers = new Map<string, (envelope: TabEnvelope) => void>()
  readonly #frozen = new Map<string, TabEnvelope[]>()
  /** All that tabs have said, in order. */
  readonly posted: TabEnvelope[] = []

  channel(id: string): TabChannel {
    return {
      post: (envelope) => {
        this.posted.push(envelope)
        const text = JSON.stringify(envelope)
        for (const to of this.#handlers.keys()) if (to !== id) this.#send(to, JSON.parse(text) as TabEnvelope)
      },
      listen: (handler) => this.#handlers.set(id, handler),
    }
  }

  /** The browser freezes a tab: what is sent to it waits. */
  freeze(id: string): void {
    this.#frozen.set(id, [])
  }

  thaw(id: string): void {
    const waiting = this.#frozen.get(id) ?? []
    this.#frozen.delete(id)
    for (const envelope of waiting) this.#send(id, envelope)
  }

  /** A frozen tab comes back, and what was sent to it meanwhile never arrives. */
  thawWithout(id: string): void {
    this.#frozen.delete(id)
  }

  /** The tab is gone without a word. */
  kill(id: string): void {
    this.#handlers.delete(id)
  }

  #send(to: string, envelope: TabEnvelope): void {
    const waiting = this.#frozen.get(to)
    if (waiting) waiting.push(envelope)
    else void Promise.resolve().then(() => this.#handlers.get(to)?.(envelope))
  }
}

interface Wait {
  readonly owner: string
  readonly hold: () => Promise<void>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** `navigator.locks` with one name: one holder, a queue, steal and abort. */
export class FakeLocks {
  #holder: Wait | null = null
  #queue: Wait[] = []

  /** The LockManager of one tab. */
  of(owner: string): Locks {
    return {
      request: (_name, { signal, steal }, hold) =>
        new Promise((resolve, reject) => {
          const wait: Wait = { owner, hold, resolve, reject }
          signal?.addEventListener('abort', () => {
            if (!this.#queue.includes(wait)) return
            this.#queue = this.#queue.filter((each) => each !== wait)
            reject(new DOMException('aborted', 'AbortError'))
          })
          if (steal === true) this.#steal(wait)
          else {
            this.#queue.push(wait)
            this.#grant()
          }
        }),
    }
  }

  /** A tab dies: its lock is free. */
  kill(owner: string): void {
    this.#queue = this.#queue.filter((each) => each.owner !== owner)
    if (this.#holder?.owner === owner) this.#free()
  }

  #steal(wait: Wait): void {
    const robbed = this.#holder
    this.#holder = null
    robbed?.reject(new DOMException('stolen', 'AbortError'))
    this.#hold(wait)
  }

  #grant(): void {
    const first = this.#holder ? undefined : this.#queue.shift()
    if (first) this.#hold(first)
  }

  #hold(wait: Wait): void {
    this.#holder = wait
    void Promise.resolve()
      .then(wait.hold)
      .then(() => {
        wait.resolve(undefined)
        if (this.#holder === wait) this.#free()
      })
  }

  #free(): void {
    this.#holder = null
    this.#grant()
  }
}

/** One value of localStorage. */
export function leaseCell(): LeaseCell & { lease: Lease | undefined } {
  const cell = {
    lease: undefined as Lease | undefined,
    read: () => cell.lease,
    write: (lease: Lease) => {
      cell.lease = lease
    },
    remove: () => {
      cell.lease = undefined
    },
  }
  return cell
}
