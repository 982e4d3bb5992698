import type { Notifications, NotificationSession } from '../../../../gateway/contracts/cluster'
import type { Chance } from '../chance'
import type { SimClock } from '../sim-clock'
import type { Processes } from './processes'

/** Of all hints so many are lost, and so many come twice. */
const LOST = 0.03
const DOUBLED = 0.03

/** How long a hint takes, ms: mostly some, now and then it comes late. */
const DELAY = { least: 1, usual: 30, late: 1500, lateShare: 0.03 }

/** One gateway's ear. */
interface Session {
  readonly owner: string
  readonly onText: (text: string) => void
  readonly onEnd: () => void
  /** When the last text of each sender arrives, ms: what one sends stays in its order. */
  readonly arrivals: Map<string, number>
}

/** What carries hints between the gateways of a world: it loses some, brings some twice and some late, and falls silent. */
export class Wires {
  readonly #clock: SimClock
  readonly #chance: Chance
  readonly #processes: Processes
  readonly #count: (what: string) => void
  readonly #sessions = new Set<Session>()
  #isCut = false

  constructor(clock: SimClock, chance: Chance, processes: Processes, count: (what: string) => void) {
    this.#clock = clock
    this.#chance = chance
    this.#processes = processes
    this.#count = count
  }

  /** @param owner the process that listens and speaks */
  of(owner: string): Notifications {
    return {
      listen: (_channel, onText, onEnd) => Promise.resolve(this.#listen(owner, onText, onEnd)),
      // The database that these gateways have is never another one.
      onLost: () => undefined,
    }
  }

  /** Nothing gets through, and nobody is told. */
  cut(): void {
    this.#isCut = true
  }

  mend(): void {
    this.#isCut = false
  }

  /** Everybody's connection breaks: what is on its way is lost, and each opens another. */
  break(): void {
    const sessions = [...this.#sessions]
    this.#sessions.clear()
    for (const { owner, onEnd } of sessions) this.#processes.reach(owner, onEnd)
  }

  /** A process is gone. */
  drop(owner: string): void {
    for (const session of this.#sessions) if (session.owner === owner) this.#sessions.delete(session)
  }

  #listen(owner: string, onText: (text: string) => void, onEnd: () => void): NotificationSession {
    const session: Session = { owner, onText, onEnd, arrivals: new Map() }
    this.#sessions.add(session)
    return {
      notify: (_channel, texts) => {
        // Whoever has lost this connection has another: on this one nothing goes any more.
        if (this.#sessions.has(session)) for (const text of texts) this.#send(owner, text)
        return Promise.resolve()
      },
      end: () => this.#sessions.delete(session),
    }
  }

  #send(from: string, text: string): void {
    for (const to of this.#sessions) {
      if (to.owner === from) continue
      this.#count('hints')
      if (this.#isCut || this.#chance.hits(LOST)) {
        this.#count('hints lost')
        continue
      }
      this.#carry(from, to, text)
      if (!this.#chance.hits(DOUBLED)) continue
      this.#count('hints doubled')
      this.#carry(from, to, text)
    }
  }

  #carry(from: string, to: Session, text: string): void {
    const most = this.#chance.hits(DELAY.lateShare) ? DELAY.late : DELAY.usual
    const at = Math.max(to.arrivals.get(from) ?? 0, this.#clock.now + this.#chance.between(DELAY.least, most))
    to.arrivals.set(from, at)
    this.#clock.after(at - this.#clock.now, () => {
      this.#processes.reach(to.owner, () => {
        if (this.#sessions.has(to)) to.onText(text)
      })
    })
  }
}
