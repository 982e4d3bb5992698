import type { Device, ErrorCode } from '@herald/protocol'
import type { SendRequest } from '../api/http'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { BadgePort, BannerPort, SystemPort, TonePort } from '../presentation/presentation'
import type { PushPort } from '../push/push-port'
import type { OpenSource } from '../sources/source'
import type { InboxStorage } from '../storage/storage'
import type { TabLink } from '../tabs/tab-link'
import type { Election } from '../tabs/tabs'
import type { OpenChats } from './chats'
import type { SessionRecord } from './session-record'
import type { Settings } from '../storage/settings'
import type { View } from './view'

/** Everything of the platform that a signed-in user's services stand on. */
export interface AccountPorts {
  readonly storage: InboxStorage
  readonly sendRequest: SendRequest
  /** What messages come from. */
  readonly openSource: OpenSource
  /** Makes the chats beside them; absent: there are none. */
  readonly openChats?: OpenChats
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly link: TabLink
  readonly election: Election
  readonly banner: BannerPort
  readonly system: SystemPort
  readonly tone: TonePort
  readonly badge: BadgePort
  /** The push services of the platform; on H5 a chunk of its own. Rejects when it cannot be fetched. */
  readonly loadPush: () => Promise<PushPort>
  /** The gateway said for whom its pushes are: kept with the session. */
  readonly keepRecipient: (session: SessionRecord, recipient: string) => void
  /** Whether another tab has ended the session, and this one has not heard so yet. */
  readonly isEndedElsewhere: (session: SessionRecord) => boolean
  readonly view: View
  readonly settings: () => Settings
  readonly device: () => Device
  /** `suspend`: the platform freezes the app when it is hidden, and takes its socket (mp-weixin). */
  readonly whenHidden: 'suspend' | 'stay'
  /** The gateway says that a token is no good any more. */
  readonly onRefused: (code: ErrorCode, token: string | null) => void
}
