import type { Clock } from '@/services/clock'
import { LeaseElection } from '@/services/tabs/lease-election'
import { LockElection, type Locks } from '@/services/tabs/lock-election'
import type { Election, TabEnvelope, Tabs } from '@/services/tabs/tabs'
import { FakeLocks, leaseCell } from '../../client/tabs/fake-browser'

/** Runs what comes from outside when a tab can: a frozen one gets it after the thaw, a closed one never. */
export type WhenRunning = (run: () => void) => void

/** One life of a tab, as what is between the tabs sees it. */
export interface TabLife {
  readonly whenRunning: WhenRunning
  readonly clock: Clock
  readonly isVisible: () => boolean
}

/** What the tabs of one browser have between them: a channel, and a lock, or a value that all can read. */
export class BrowserTabs {
  readonly #isSecure: boolean
  readonly #locks = new FakeLocks()
  readonly #cell = leaseCell()
  readonly #listeners = new Map<string, { hear: (envelope: TabEnvelope) => void; whenRunning: WhenRunning }>()
  #opened = 0

  /** @param isSecure whether the page came by https: only then a browser has locks. */
  constructor(isSecure: boolean) {
    this.#isSecure = isSecure
  }

  open(life: TabLife): Tabs {
    const { whenRunning } = life
    const id = `tab${String((this.#opened += 1))}`
    return {
      id,
      channel: {
        post: (envelope) => {
          const text = JSON.stringify(envelope)
          for (const [to, listener] of this.#listeners) if (to !== id) tell(listener, text)
        },
        listen: (hear) => this.#listeners.set(id, { hear, whenRunning }),
      },
      election: this.#elect(id, life),
    }
  }

  #elect(id: string, { whenRunning, clock, isVisible }: TabLife): Election {
    if (this.#isSecure) return new LockElection(awake(this.#locks.of(id), whenRunning), 'herald')
    return new LeaseElection({ id, cell: this.#cell, clock, isVisible })
  }

  /** The tab dies without a word. */
  close(id: string): void {
    this.#listeners.delete(id)
    this.#locks.kill(id)
  }
}

/** BroadcastChannel: a copy, later, in order. */
function tell(
  { hear, whenRunning }: { hear: (envelope: TabEnvelope) => void; whenRunning: WhenRunning },
  text: string,
): void {
  void Promise.resolve().then(() => {
    whenRunning(() => {
      hear(JSON.parse(text) as TabEnvelope)
    })
  })
}

/** A frozen tab may be given the lock, or robbed of it, and hears of it when it thaws. */
function awake(locks: Locks, whenRunning: WhenRunning): Locks {
  return {
    request: (name, options, hold) =>
      new Promise((resolve, reject) => {
        const held = (): Promise<void> =>
          new Promise((release) => {
            whenRunning(() => void hold().then(release))
          })
        locks.request(name, options, held).then(
          (value) => {
            whenRunning(() => {
              resolve(value)
            })
          },
          (error: unknown) => {
            whenRunning(() => {
              // As it was given: the election looks at nothing but that it came.
              reject(error instanceof Error ? error : new Error(String(error)))
            })
          },
        )
      }),
  }
}
