import type { Message } from '@herald/protocol'
import type { DeviceKey } from './devices'
import type { FeedHead } from './feed-log'
import type { Span } from './push-ledger'
import type { SubscriptionEvent } from './subscriptions'

/**
 * What is told after it is durable, by name. Each is plain JSON: it may come from another gateway. Beside each stands what
 * it costs when it is lost, until `missed` has it looked up.
 */
export interface BusEvents {
  /** Messages of one feed that were committed together, in seq order. Lost: a stream reads them at the feed's next one. */
  readonly appended: { readonly head: FeedHead; readonly messages: readonly Message[] }
  /** A feed's log goes as far as its head; what is new in it was too long for the bus. Lost: as `appended`. */
  readonly grew: { readonly head: FeedHead }
  /** Retention moved `from`. Lost: the next welcome says where the log begins. */
  readonly trimmed: { readonly head: FeedHead }
  /** Every feed got a new epoch: what live sockets were sent is void. Lost: what they ack and read is refused by its epoch. */
  readonly renewed: Readonly<Record<string, never>>
  /** What a user follows or has read changed. `origin`: the socket that caused it. Lost: the next welcome has all of it. */
  readonly changed: {
    readonly user: string
    readonly change: SubscriptionEvent
    readonly origin?: string | undefined
  }
  /** A token was revoked. Lost: its sockets stay until somebody looks; requests are refused all the same. */
  readonly revoked: { readonly tokenId: string }
  /** Nobody may act as the user any more. Lost: as `revoked`. */
  readonly user_ended: { readonly user: string }
  /**
   * A device was signed out, then (ms): an event that comes late ends no socket of one that has signed in again since. Lost: as
   * `revoked`; nothing rings it all the same. A gateway of an older version does not say when.
   */
  readonly device_ended: DeviceKey & { readonly at?: number }
  /**
   * A socket took a device's place. `place` grows with each that does, on whichever gateway: an event that comes late ends
   * nobody who came later. Lost: the device has two until somebody looks, and shows each message once.
   */
  readonly joined: DeviceKey & { readonly socket: string; readonly place: number }
  /** Push services took these for a device. Lost: until somebody looks its app may present them again; the next welcome says so. */
  readonly pushed: DeviceKey & { readonly spans: readonly Span[] }
  /** A sign-in from an address failed. Lost: another gateway admits as many more as it has not heard of. */
  readonly failed: { readonly address: string }
  /** A message or a read may have made work for escalation. Lost: it is found by the next look, a moment later. */
  readonly work: Readonly<Record<string, never>>
  /**
   * Something that other gateways told in the last `withinMs` may not have come. It is told here and nowhere else, by a bus
   * that several gateways have: whoever knows something by the bus asks the store.
   */
  readonly missed: { readonly withinMs: number }
}

export type BusEventName = keyof BusEvents

export type BusListener<Name extends BusEventName> = (event: BusEvents[Name]) => void

/**
 * Tells of commits, in this gateway and in others on the same store. Subscribers here are called before `tell` returns, in
 * the order in which they came, each event to all of them before the next; a subscriber that throws hurts no other, nor
 * whoever tells. For other gateways it is a hint: it may come late or never, but the events of one feed never in another
 * order. So nothing may be known by the bus alone: whoever hears nothing finds out from the store.
 */
export interface Bus {
  tell<Name extends BusEventName>(name: Name, event: BusEvents[Name]): void
  /** Answers how to hear it no more. */
  on<Name extends BusEventName>(name: Name, listener: BusListener<Name>): () => void
}

/** The bus as a store has it: told of commits. Where others share the store, it also says what they ended. */
export type StoreBus = Pick<Bus, 'tell'> & Partial<Pick<Bus, 'on'>>
