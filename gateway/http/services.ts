import type {
  ChatRegistration,
  ChatServerCheck,
  ProviderCheck,
  ProviderInfo,
  ProviderName,
  PushRegistration,
  PushServices,
  Status,
  UserNudges,
} from '@herald/protocol'
import type { GatewayClock } from '../clock/gateway-clock'
import type { Audit } from '../process/audit'
import type { DeviceKey, Devices } from '../contracts/devices'
import type { PresenceView } from '../presence/presence'
import type { DeadLetters } from '../escalation/dead-letters'
import type { Deliveries } from '../escalation/deliveries'
import type { FeedLog } from '../contracts/feed-log'
import type { Metrics } from '../process/metrics'
import type { Receipt, ReceiptReader } from '../providers/provider'
import type { Directory, Principal } from '../contracts/directory'
import type { Subscriptions } from '../contracts/subscriptions'
import type { LiveSocketsOf } from '../users/sessions'

/** What the API tells and asks of push services. */
export interface PushAccess {
  readonly webPush: PushServices['webPush']
  list(): ProviderInfo[]
  /** Asks the services that are on, or one of them, whether their credentials work. */
  check(only?: ProviderName): Promise<ProviderCheck[]>
  /** Whether a service can be used for an app. */
  isOn(provider: ProviderName, app: string): boolean
  recipientOf(user: string): string
  /** Throws `invalid_body` for a registration that could never be used. */
  requireGood(registration: PushRegistration): void
}

/** What the API tells and asks of chat servers. */
export interface ChatAccess {
  /** Throws `chat_server_unknown`, `device_not_found`, `chat_account_limit`. */
  register(device: DeviceKey, account: string, domain: string): Promise<ChatRegistration>
  unregister(device: DeviceKey, account: string): Promise<void>
  historyOf(user: string, limit: number): Promise<Pick<UserNudges, 'accounts' | 'nudges'>>
  check(): Promise<ChatServerCheck[]>
}

/** Where callbacks of push services go. */
export interface ReceiptAccess {
  /** Undefined for a service that is off, or never calls back. */
  readerOf(provider: ProviderName): ReceiptReader | undefined
  take(provider: ProviderName, receipts: readonly Receipt[]): void
}

/** What the HTTP API stands on. main.ts and the tests put it together. */
export interface HttpServices {
  readonly log: FeedLog
  readonly directory: Directory
  readonly subscriptions: Subscriptions
  readonly devices: Devices
  readonly presence: PresenceView
  readonly push: PushAccess
  /** Absent: the gateway knows no chat server. */
  readonly chat?: ChatAccess
  readonly deliveries: Deliveries
  readonly deadLetters: DeadLetters
  readonly receipts: ReceiptAccess
  readonly metrics: Metrics
  readonly audit: Audit
  /** Throws `token_invalid`, `token_expired`, `token_revoked` or `user_disabled`. */
  readonly authenticate: (secret: string) => Promise<Principal>
  readonly status: () => Promise<Status>
  /** Whether other gateways are heard at once; undefined where there are none. */
  readonly bus?: () => 'ok' | 'polling' | undefined
  /** The gateway's time. */
  readonly clock: Pick<GatewayClock, 'now' | 'doubt'>
  /** The live sockets of a user; none when absent. */
  readonly socketsOf?: LiveSocketsOf
  /** Where another device reaches this gateway, which was asked as `host`; null: under that name. */
  readonly otherDevicesUrl: (host: string | undefined) => string | null
  /** Whether the store takes writes now. */
  readonly writable: () => boolean
  /** Whether the gateway was told to stop. */
  readonly closing: () => boolean
}
