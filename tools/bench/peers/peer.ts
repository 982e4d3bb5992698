import type { Publishers, Subscribers } from '../load/calls'
import type { ServerProcess } from './server-process'

/** What a run of the fan-out bench has to do with. */
export interface Scene {
  readonly sockets: number
  /** `one`: all sockets hear one feed. `each`: every socket has a feed of its own. */
  readonly feeds: 'one' | 'each'
}

/** A server that takes part, while it runs. */
export interface RunningPeer {
  readonly process: ServerProcess
  readonly port: number
  /** Asked for anew before each run. */
  subscribers(): Promise<Subscribers>
  readonly publishers: Publishers
  stop(): Promise<void>
}

/** A server that can take part. */
export interface Peer {
  readonly name: string
  /** What of it runs, for the report, e.g. "nginx 1.22.1, nchan 1.3.6". Undefined: it is not on this machine. */
  version(): string | undefined
  /** How to get it. */
  readonly install: string
  /** It knows one feed, and stays out of scenes where every socket has its own. */
  readonly oneFeedOnly?: boolean
  start(scene: Scene): Promise<RunningPeer>
}
