import type { ClientFrame, CloseName, Device, ErrorCode } from '@herald/protocol'
import type { AckBuffer } from '../presence/ack-buffer'
import type { LiveNotes } from '../presence/live-notes'
import type { Presence } from '../presence/presence'
import type { FeedLog } from '../contracts/feed-log'
import type { PushLedger } from '../contracts/push-ledger'
import type { Principal } from '../contracts/directory'
import type { Subscriptions } from '../contracts/subscriptions'
import type { Hub } from './hub'

/** Whose a live socket is, and what it stands on. */
export interface LiveSocket {
  readonly user: string
  readonly device: string
  readonly platform: Device['platform']
  readonly app: string | undefined
  readonly tokenId: string
  /** When it said hello, ms. */
  readonly since: number
}

/** What the socket endpoint tells of itself, for metrics and the log. Never a token, never a body. */
export interface SocketObserver {
  readonly opened: () => void
  /** An upgrade was answered, and the answer has this id. */
  readonly answered: (details: { reqId: string; status: number; code?: ErrorCode }) => void
  readonly joined: (details: { user: string; device: string; platform: string }) => void
  readonly received: (type: ClientFrame['type']) => void
  readonly delivered: (messages: number) => void
  /** A device acked the newest message of a feed, so long after it came, ms. */
  readonly acked: (ms: number) => void
  readonly closed: (details: {
    code: number
    name: string
    user?: string
    device?: string
    detail?: string
  }) => void
  readonly fault: (error: unknown) => void
}

/** Why a socket is refused; each is an error code over HTTP and a close name here. */
export type RefusalCode = (typeof REFUSAL_CODES)[number]

const REFUSAL_CODES = [
  ...(['token_invalid', 'token_expired', 'token_revoked', 'user_disabled'] as const),
  ...(['origin_forbidden', 'rate_limited'] as const),
] as const satisfies readonly (CloseName & ErrorCode)[]

export const isRefusal = (name: CloseName): name is RefusalCode => REFUSAL_CODES.some((code) => code === name)

/** Closes that the peer earned by what it sent. Silence is none: a phone may freeze before its hello. */
const BREACHES: ReadonlySet<CloseName> = new Set<CloseName>([
  ...(['bad_frame', 'unknown_frame', 'frame_too_large', 'unexpected_hello', 'hello_expected'] as const),
  'rate_limited',
])

export const isBreach = (name: CloseName): boolean => BREACHES.has(name)

/** What every connection stands on. */
export interface SocketContext {
  readonly log: FeedLog
  readonly subscriptions: Subscriptions
  readonly acks: AckBuffer
  readonly presence: Presence
  readonly live: LiveNotes
  readonly pushes: Pick<PushLedger, 'pushedTo'>
  readonly hub: Hub
  readonly heartbeatMs: number
  /** Most live sockets of one user; 0 or absent is no limit. */
  readonly maxUserSockets?: number
  /** The gateway's time, ms; `clock` is for silences. */
  readonly now: () => number
  readonly observer: SocketObserver
  /** A socket that was not let in, or asked too much; nobody is told when absent. */
  readonly refused?: (code: RefusalCode, address: string, tokenId?: string) => void
  /** The peer broke the protocol, or flooded us; nobody counts when absent. */
  readonly breached?: (address: string, how?: 'flood') => void
  /** Throws token errors of the catalogue. */
  authenticate(token: string): Promise<Principal>
}

/** What silences are measured with, ms: it never jumps. */
export const clock = {
  elapsed: (): number => performance.now(),
}

/** The close code for each token error of the catalogue. */
export const tokenCloses = {
  token_invalid: 'token_invalid',
  token_expired: 'token_expired',
  token_revoked: 'token_revoked',
  user_disabled: 'user_disabled',
  storage_unavailable: 'storage_unavailable',
} as const satisfies Record<string, CloseName>
