import type { Device, ErrorCode } from '@herald/protocol'
import type { SendRequest } from '../api/http'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { BannerPort, SystemPort, TonePort } from '../presentation/presentation'
import type { OpenSocket } from '../socket/socket'
import type { InboxStorage } from '../storage/storage'
import type { TabLink } from '../tabs/tab-link'
import type { Election } from '../tabs/tabs'
import type { Settings } from './settings'
import type { View } from './view'

/** Everything of the platform that a signed-in user's services stand on. */
export interface AccountPorts {
  readonly storage: InboxStorage
  readonly sendRequest: SendRequest
  readonly openSocket: OpenSocket
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  readonly link: TabLink
  readonly election: Election
  readonly banner: BannerPort
  readonly system: SystemPort
  readonly tone: TonePort
  readonly view: View
  readonly settings: () => Settings
  readonly device: () => Device
  /** `suspend`: the platform freezes the app when it is hidden, and takes its socket (mp-weixin). */
  readonly whenHidden: 'suspend' | 'stay'
  /** The gateway says that the token is no good any more. */
  readonly onEnded: (code: ErrorCode) => void
}
