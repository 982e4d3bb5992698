import type { Message } from '@herald/protocol'
import type { KeyValue } from '../storage/storage'
import type { OpenSocket } from '../socket/socket'
import type { Tabs } from '../tabs/tabs'
import type { Account } from './account'
import type { AccountPorts } from './account-ports'
import type { ChatPart } from './chats'
import type { SessionRecord } from './session-record'
import type { TokenProvider } from './token-supply'

/** Makes the account of whoever is signed in, with the source that its messages come from. */
export type OpenAccount = (
  ports: Omit<AccountPorts, 'openSource' | 'openChats'> & {
    readonly openSocket: OpenSocket
    readonly keyValue: KeyValue
    readonly chats?: ChatPart | undefined
  },
  session: SessionRecord,
) => Account

/** Everything of the platform that the client stands on. */
export interface ClientPorts extends Omit<
  AccountPorts,
  | 'openSource'
  | 'openChats'
  | 'link'
  | 'election'
  | 'settings'
  | 'onRefused'
  | 'keepRecipient'
  | 'isEndedElsewhere'
> {
  readonly openSocket: OpenSocket
  readonly keyValue: KeyValue
  /** Absent: this app has no chats. */
  readonly chats?: ChatPart | undefined
  readonly tabs: Tabs
  readonly deviceId: string
  /** Where the app is a part of another one: brings that app's tokens. Absent: people sign in here. */
  readonly token?: TokenProvider | undefined
  /** What the app calls itself in the gateway's list of tokens. */
  readonly label: () => string
  /** The gateway to offer when none was used yet: on H5 the page's own origin. */
  readonly defaultServer: string
  /** `https`: this page may not talk to a gateway over plain http. */
  readonly transport: 'https' | 'any'
  readonly visible: boolean
  /** The code of everything that only a signed-in user needs. Rejects when it cannot be fetched. */
  readonly loadAccount: () => Promise<OpenAccount>
  /** Ends what push services and workers know of whoever was signed in here. */
  readonly forgetPush: () => Promise<void>
  readonly testMessage: () => Message
}
