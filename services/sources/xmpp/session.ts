import type { XmlElement } from '@herald/protocol'
import type { ScramKeys, ScramStart } from './scram'
import type { Outgoing, Stream } from './stream'

/** Why a server lets an account in no more until something is changed. */
export type Refusal =
  /** Password or name are wrong, or the account is gone. */
  | 'not_authorized'
  /** The keys on this device are of no use any more. */
  | 'password_needed'
  /** The server offers no way to prove the password that is good enough, or a worse one than before. */
  | 'no_mechanism'
  /** The server did not prove that it knows the password. */
  | 'unproven'
  /** Another client has taken this device's place. */
  | 'replaced'
  /** The server has no such domain. */
  | 'host_unknown'

/** Who signs in, and how. */
export interface Credentials {
  readonly user: string
  readonly domain: string
  /** What the device is called at the server: the same each time, so that it takes its own place. */
  readonly resource: string
  readonly password?: string | undefined
  readonly keys?: ScramKeys | undefined
  /** Whether what is sent is encrypted. */
  readonly secure: boolean
}

/** How far a stream is. Only `ready` takes and brings stanzas. */
export type Phase =
  | { readonly name: 'closed' }
  /** The stream is opened, for the first time or, `signedIn`, anew; its features are awaited. */
  | { readonly name: 'opening'; readonly signedIn: boolean }
  | { readonly name: 'plain' }
  | { readonly name: 'scram'; readonly start: ScramStart }
  /** The answer to the challenge is being computed. */
  | { readonly name: 'computing' }
  | { readonly name: 'proving'; readonly signature: Uint8Array }
  | { readonly name: 'resuming' }
  | { readonly name: 'binding'; readonly managed: boolean }
  | { readonly name: 'enabling' }
  | { readonly name: 'ready' }

export interface Session {
  readonly phase: Phase
  /** What there is to resume, or is open. */
  readonly stream: Stream | null
  /** Streams so far. */
  readonly lives: number
}

export type Input =
  | { readonly type: 'opened' }
  /** The socket is gone, by whatever cause. */
  | { readonly type: 'closed' }
  | { readonly type: 'element'; readonly element: XmlElement }
  /** What came is no XML, or more than is taken. A `stanza` counts all the same, and nobody sees it. */
  | { readonly type: 'unreadable'; readonly stanza: boolean }
  | { readonly type: 'answered'; readonly message: string; readonly signature: Uint8Array }
  | { readonly type: 'unanswered'; readonly why: 'password' | 'distrust' }
  | { readonly type: 'send'; readonly outgoing: Outgoing }
  /** The stanzas of a stream up to one are stored. */
  | { readonly type: 'stored'; readonly life: number; readonly count: number }
  /** Ends the session for good. */
  | { readonly type: 'leave' }

export type Effect =
  | { readonly type: 'write'; readonly xml: string }
  | { readonly type: 'compute'; readonly start: ScramStart; readonly challenge: string }
  | { readonly type: 'ready'; readonly resumed: boolean }
  /** `count` is what `stored` is told with. */
  | { readonly type: 'stanza'; readonly element: XmlElement; readonly count: number }
  | { readonly type: 'taken'; readonly outgoing: readonly Outgoing[] }
  | { readonly type: 'pong' }
  | { readonly type: 'refused'; readonly why: Refusal }
  | { readonly type: 'broken'; readonly why: string }

export interface Step {
  readonly session: Session
  readonly effects: readonly Effect[]
}

/** What the machine cannot know by itself. */
export interface Given {
  readonly credentials: Credentials
  /** Printable, without a comma, and new each time. */
  readonly nonce: () => string
}

export const initialSession: Session = { phase: { name: 'closed' }, stream: null, lives: 0 }

/** What the server may not have had of it is nobody's any more. */
export const dropStream = (session: Session): Session => ({ ...session, stream: null })

/** Only a new socket helps. */
export const broken = (session: Session, why: string): Step =>
  go(session, { name: 'closed' }, { type: 'broken', why })

/** Nothing helps but the person, or another place to be. */
export const refuse = (session: Session, why: Refusal): Step =>
  go(session, { name: 'closed' }, { type: 'refused', why })

/** A frame to send. */
export const write = (xml: string): Effect => ({ type: 'write', xml })

/** Nothing happens. */
export const stay = (session: Session): Step => ({ session, effects: [] })

/** Another phase, and what to do on the way to it. */
export const go = (session: Session, phase: Phase, ...effects: readonly Effect[]): Step => ({
  session: { ...session, phase },
  effects,
})

/** Something to do before a step. */
export const prepend = (effects: readonly Effect[], { session, effects: others }: Step): Step => ({
  session,
  effects: [...effects, ...others],
})
