import type { Message } from '@herald/protocol'
import { MAX_PRESENTED } from '../storage/storage'
import {
  entriesOf,
  isPresented,
  nextStanding,
  readPresented,
  reopenedEntriesOf,
  type Happening,
  type Standing,
} from './standings'

/** Most ids held in memory of what was presented; storage keeps fewer, a session may see more. */
export const MAX_REMEMBERED = 10_000

/** A message whose alert waits, in the life of its feed's log from which it came. */
interface Held {
  readonly epoch: string
  readonly message: Message
}

/**
 * The one record of what was presented on this device, by the socket, by a push or by another tab: who delivers, who raises
 * alerts and who writes storage ask here. In memory; storage holds `entries`.
 */
export class PresentedLedger {
  /** Those that count as presented, oldest first. */
  readonly #presented = new Map<string, Standing>()
  /** Those of which something is known, and which do not. */
  readonly #coming = new Map<string, Standing>()
  /** Those that wait in this life, also when retention, or the list's window, has let their rows go meanwhile. */
  readonly #held = new Map<string, Held>()

  /** Those that storage has as presented although they were not, in this life or when it was read. */
  readonly #reopened = new Set<string>()

  standing(id: string): Standing {
    return this.#presented.get(id) ?? this.#coming.get(id) ?? 'unknown'
  }

  /** Whether a message counts as presented, by whatever way it came. */
  isPresented(id: string): boolean {
    return isPresented(this.standing(id))
  }

  /** Whether this device presents it or has: what only the gateway says may not be so. */
  hasShown(id: string): boolean {
    return this.isPresented(id) && this.standing(id) !== 'told'
  }

  /** Whether an alert for it would be the first. */
  isNews(id: string): boolean {
    const standing = this.standing(id)
    return standing !== 'told' && standing !== 'shown'
  }

  /** Whether its alert was waited with, in this life or when the last one ended. */
  isWaiting(id: string): boolean {
    const standing = this.standing(id)
    return standing === 'waiting' || standing === 'brought, waiting'
  }

  /** Whether a push brought its id before its message, and nothing has shown it. */
  isBrought(id: string): boolean {
    const standing = this.standing(id)
    return standing === 'brought' || standing === 'brought, waiting'
  }

  /** Notes what happened to messages. Answers those of which storage holds something else from now on. */
  note(happening: Happening, ids: readonly string[]): readonly string[] {
    return ids.filter((id) => {
      const before = this.standing(id)
      const after = nextStanding(before, happening)
      const stored = this.#entriesOf(id).join()
      if (after === before) return false
      if (happening === 'reopened') this.#reopened.add(id)
      this.#put(id, after)
      return this.#entriesOf(id).join() !== stored
    })
  }

  /** These are stored, and it is settled later whether they alert. Answers the ids of which storage is to say so. */
  hold(messages: readonly Message[], epoch: string): readonly string[] {
    for (const message of messages) this.#held.set(message.id, { epoch, message })
    return this.note(
      'held',
      messages.map(({ id }) => id),
    )
  }

  /** The messages of a feed that wait, in one life of its log. */
  heldOf(feed: string, epoch: string): readonly Message[] {
    const held = [...this.#held.values()].filter((one) => one.epoch === epoch && one.message.feed === feed)
    return held.map(({ message }) => message)
  }

  /** The ids of all that wait. */
  get held(): readonly string[] {
    return [...this.#held.keys()]
  }

  /** These wait no more, whatever came of it. */
  release(ids: readonly string[]): void {
    for (const id of ids) this.#held.delete(id)
  }

  /** Nothing waits any more: what was never presented comes anew. */
  giveBack(): void {
    this.note('given back', [...this.#coming.keys()])
    this.#held.clear()
  }

  /** Takes what storage holds to what this life knows. */
  read(entries: readonly string[]): void {
    const { all, told, unshown, unsettled, reopened } = readPresented(entries)
    for (const id of reopened) this.#reopened.add(id)
    const onlyTold = new Set(told)
    this.note(
      'read as shown',
      all.filter((id) => !onlyTold.has(id)),
    )
    this.note('read as told', told)
    this.note('brought', unshown)
    this.note('held', unsettled)
  }

  /** What storage holds of these ids. */
  entriesOf(ids: readonly string[]): readonly string[] {
    return ids.flatMap((id) => this.#entriesOf(id))
  }

  /** What storage should hold of all, oldest first. */
  entries(): string[] {
    return this.entriesOf([...this.#presented.keys(), ...this.#coming.keys()]).slice(-MAX_PRESENTED)
  }

  #entriesOf(id: string): readonly string[] {
    const standing = this.standing(id)
    const entries = entriesOf(id, standing)
    return this.#reopened.has(id) ? [...entries, ...reopenedEntriesOf(id, standing)] : entries
  }

  #put(id: string, standing: Standing): void {
    const [to, from] = isPresented(standing)
      ? [this.#presented, this.#coming]
      : [this.#coming, this.#presented]
    from.delete(id)
    if (standing === 'unknown') to.delete(id)
    else to.set(id, standing)
    forgetOldest(this.#presented, MAX_REMEMBERED)
    forgetOldest(this.#coming, MAX_PRESENTED)
  }
}

/** A Map iterates in the order of adding. */
function forgetOldest(map: Map<string, Standing>, limit: number): void {
  for (const id of map.keys()) {
    if (map.size <= limit) return
    map.delete(id)
  }
}
