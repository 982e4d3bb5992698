import type {
  DeliveryEvent,
  DeviceBody,
  ProviderName,
  ReadRanges,
  Scopes,
  SignInCodeList,
  User,
} from '@herald/protocol'
import type { Ack, LateAck } from '../contracts/acks'
import type { ClockMove } from '../contracts/clock-marks'
import type { DeviceKey, DevicePage, LiveNote, RegistrationKey } from '../contracts/devices'
import type { FeedHead } from '../contracts/feed-log'
import type {
  ChatNode,
  NewChatNode,
  NewNudge,
  Nudge,
  NudgeRecord,
  NudgeSettlement,
} from '../contracts/nudges'
import type {
  DueWork,
  Claim,
  NewPush,
  PushCount,
  PushKey,
  PushRecord,
  PushRow,
  Settlement,
  Shown,
  Span,
  Sweep,
} from '../contracts/push-ledger'

/** A token as the store keeps it: never the secret, only its hash. */
export interface TokenRow {
  readonly id: string
  readonly user: string | null
  readonly label: string
  /** JSON of Scopes. */
  readonly scopes: string
  readonly created: number
  readonly expires: number | null
  readonly revoked: number | null
}

/** A token and whom it speaks for. */
export type PrincipalRow = TokenRow & { readonly name: string | null; readonly disabled: number | null }

export interface NewToken {
  readonly id: string
  readonly hash: string
  readonly user: string | null
  readonly label: string
  readonly scopes: Scopes
  readonly created: number
  readonly expires: number | null
}

export interface NewCode {
  readonly id: string
  readonly hash: string
  readonly user: string
  readonly expires: number
  readonly now: number
  /** Most unused codes of the user; 0 is no limit. */
  readonly limit: number
}

/** Why nothing was made for a user. */
export type Refusal = 'no_user' | 'disabled' | 'full'

export interface NewUser {
  readonly id: string
  readonly name: string
  readonly created: number
  /** Epochs for the user's feed and for `all`, if they are new. */
  readonly epochs: readonly [string, string]
  /** `administrator`: whoever was removed under this id may be made anew. `jwt`: that stays removed. */
  readonly by: 'administrator' | 'jwt'
}

export type UserRow = User & { readonly created: number; readonly disabled: number | null }

export interface PutDeviceArgs {
  readonly user: string
  readonly device: string
  /** Id and end of the token that the device stands on. */
  readonly session: string
  readonly expires: number | null
  readonly body: DeviceBody
  readonly now: number
  /** Most devices that the user may have; 0 is no limit. */
  readonly limit: number
}

export interface DeviceRow {
  readonly user: string
  readonly id: string
  readonly expires: number | null
  readonly platform: string
  readonly locale: string | null
  readonly time_zone: string | null
  readonly notifications: number
  readonly preview: number
  readonly sound: number
  readonly quiet_from: string | null
  readonly quiet_to: string | null
  readonly ended: number | null
}

export interface ListedDeviceRow {
  readonly id: string
  readonly session: string
  readonly platform: string
  readonly app: string | null
  readonly created: number | null
  readonly seen: number | null
  readonly updated: number
  readonly expires: number | null
  /** 1: a push service can reach it. */
  readonly push: number
}

export type RegistrationRow = RegistrationKey & { readonly keys: string | null; readonly registered: number }

/** How a user follows a feed, and what is read of it, in some epoch. */
export interface FollowRow {
  readonly muted: number
  readonly epoch: string | null
  readonly ranges: string | null
}

export type FollowedFeed = FollowRow & { readonly head: FeedHead }

export interface FollowArgs {
  readonly user: string
  readonly feed: string
  /** undefined: unchanged. */
  readonly muted: boolean | undefined
  /** The epoch, if nobody has published to the feed nor followed it. */
  readonly newEpoch: string
  /** Most topics that the user may follow; 0 is no limit. */
  readonly limit: number
}

export interface MarkReadArgs {
  readonly user: string
  readonly feed: string
  readonly epoch: string
  readonly ranges: ReadRanges
  readonly now: number
}

export interface MarkReadResult {
  /** What became read by this call; empty when all of it was read before. */
  readonly added: ReadRanges
  readonly ranges: ReadRanges
}

export interface ReplayArgs {
  readonly feed?: string
  readonly seq?: number
  readonly now: number
  readonly limit: number
}

/** `id`: of the nudge that is opened, unless there is one. */
export type NoteNudgeArgs = NewNudge & { readonly id: string }

/** What a store changes, each in one step. An expected refusal is a result and no exception. */
export interface Commands {
  createUser(args: NewUser): 'created' | 'exists' | 'removed'
  disableUser(args: { readonly id: string; readonly now: number }): boolean
  enableUser(args: { readonly id: string }): boolean
  removeUser(args: { readonly id: string; readonly now: number }): boolean
  drainRemoved(args: { readonly limit: number }): boolean
  createToken(args: { readonly token: NewToken; readonly limit: number }): 'created' | Refusal
  revokeToken(args: { readonly id: string; readonly now: number }): boolean
  noteUses(args: readonly { readonly id: string; readonly used: number }[]): void
  createSignInCode(args: NewCode): 'created' | Refusal
  dropSignInCodes(args: { readonly user: string; readonly id: string | undefined }): number
  redeemSignInCode(args: {
    readonly hash: string
    readonly now: number
    readonly token: Omit<NewToken, 'user'>
    readonly limit: number
  }): { readonly user: string; readonly id: string } | 'invalid' | 'full'

  follow(args: FollowArgs): FeedHead | 'full' | 'disabled'
  unfollow(args: { readonly user: string; readonly feed: string }): {
    readonly left: boolean
    readonly dropped: readonly string[]
  }
  markRead(args: MarkReadArgs): MarkReadResult | undefined

  putDevice(args: PutDeviceArgs): 'kept' | 'disabled' | 'revoked' | 'full'
  endDevice(args: { readonly user: string; readonly device: string; readonly now: number }): number
  noteLive(args: readonly LiveNote[]): number
  dropRegistration(args: { readonly key: RegistrationKey; readonly since: number | undefined }): boolean

  saveAcks(args: readonly Ack[]): LateAck[]

  claimSweep(args: Claim): Sweep | undefined
  advanceSweep(args: {
    readonly id: number
    readonly after: DeviceKey
    readonly until: number
    readonly pushes: readonly NewPush[]
  }): number
  finishSweep(args: { readonly id: number; readonly next: number | null }): void
  claimPushes(args: Claim & { readonly limit: number }): PushRow[][]
  settlePushes(args: readonly Settlement[]): number
  keepHandle(args: { readonly keys: readonly PushKey[]; readonly handle: string }): void
  joinPushes(args: { readonly keys: readonly PushKey[]; readonly collapse: string }): void
  noteReceipt(args: {
    readonly provider: ProviderName
    readonly ref: string
    readonly step: DeliveryEvent
  }): boolean
  replayPushes(args: ReplayArgs): number
  forgetPushes(args: { readonly before: number; readonly limit: number }): number
  shiftDues(args: { readonly by: number; readonly to: number; readonly now: number }): void
  resumeEscalation(args: { readonly now: number; readonly latest: number }): void

  putChatNode(args: NewChatNode): ChatNode | 'no_device' | 'full'
  endChatNode(args: Pick<ChatNode, 'user' | 'device' | 'account'>): number
  noteNudge(args: NoteNudgeArgs): boolean
  claimNudges(args: Claim & { readonly limit: number }): Nudge[]
  settleNudges(args: readonly NudgeSettlement[]): number
  keepNudgeHandle(args: { readonly id: string; readonly handle: string }): void
  forgetNudges(args: { readonly before: number; readonly limit: number }): number

  doubtClock(args: { readonly first: number }): number
  moveClock(args: { readonly move: ClockMove; readonly life: readonly number[] }): number
  believeClock(args: { readonly open: number | undefined; readonly now: number }): void
  forgetRestamps(args: { readonly before: number }): number
  keepSecret(args: { readonly name: string; readonly value: string }): string
}

/** What a store is asked. Lists are in the order that the contracts promise. */
export interface Reads {
  users(): UserRow[]
  user(id: string): UserRow | undefined
  principal(hash: string): PrincipalRow | undefined
  tokens(user: string | null): TokenRow[]
  token(id: string): (TokenRow & { readonly used: number | null }) | undefined
  signInCodes(user: string, now: number): SignInCodeList['codes']
  /** A code of a user who may come in. */
  signInCode(hash: string): { readonly user: string; readonly expires: number } | undefined

  listedDevices(user: string): ListedDeviceRow[]
  device(user: string, device: string): DeviceRow | undefined
  registrations(user: string, device: string): RegistrationRow[]
  liveDevices(): DeviceKey[]
  followers(feed: string, after: DeviceKey, limit: number): (DeviceRow & FollowRow)[]
  devices(page: DevicePage): DeviceRow[]

  follows(user: string): FollowedFeed[]
  follow(user: string, feed: string): FollowedFeed | undefined
  countFollowers(feed: string): number
  ack(user: string, device: string, feed: string): { epoch: string; seq: number; time: number } | undefined

  dueWork(now: number): DueWork
  sweepDue(feed: string, seq: number): number | undefined
  countReady(now: number, limit: number): number
  recentPushes(device: DeviceKey, since: number, limit: number): number[]
  countPushes(device: DeviceKey, since: number): PushCount
  standing(device: DeviceKey, limit: number): { readonly taken: PushRow[]; readonly perhaps: PushRow[] }
  pushedTo(device: DeviceKey): Span[]
  shownAs(collapse: string): (PushKey & Shown & { readonly from: number })[]
  /** The row with the highest first seq that is not above this one. */
  pushBefore(device: DeviceKey, feed: string, epoch: string, seq: number): PushRecord | undefined
  deadPushes(limit: number): (PushRecord & { readonly message: string | null })[]

  chatNode(node: string): ChatNode | undefined
  chatNodes(user: string): ChatNode[]
  nudges(user: string, limit: number): NudgeRecord[]
  recentNudges(device: DeviceKey, since: number, limit: number): number[]
  countNudges(device: DeviceKey, since: number): PushCount

  clockKnown(): number | undefined
  counts(): { readonly users: number; readonly feeds: number; readonly messages: number }
}

/** What the rules of a store stand on: rows that are asked for and changed by name, whatever keeps them. */
export interface StoreEngine {
  read<Name extends keyof Reads>(
    name: Name,
    ...args: Parameters<Reads[Name]>
  ): Promise<ReturnType<Reads[Name]>>
  /** Resolves when it is on stable storage. Throws `storage_unavailable`. */
  write<Name extends keyof Commands>(
    name: Name,
    args: Parameters<Commands[Name]>[0],
  ): Promise<ReturnType<Commands[Name]>>
}
