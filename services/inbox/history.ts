import type { GatewayApi } from '../api/gateway-api'
import type { Change, Inbox } from './inbox'
import type { FeedRecord } from '../storage/storage'
import { findFloor, listMessages, openFeeds, type MessageFilter } from './message-list'

/** A call goes on until so many more rows pass its filter. */
export const WANTED_ROWS = 30

/** Pages that one call may fetch: a filter that nothing passes must not fetch a whole log in one go. */
export const MAX_PAGES_PER_CALL = 20

export interface HistoryPorts {
  readonly api: Pick<GatewayApi, 'history'>
  readonly inbox: () => Inbox
  readonly commit: (change: Change) => Promise<void>
}

/** Loads older messages over HTTP, below what the socket brought. */
export class History {
  readonly #ports: HistoryPorts
  #running: Promise<unknown> = Promise.resolve()

  constructor(ports: HistoryPorts) {
    this.#ports = ports
  }

  /**
   * Loads until about 30 more rows pass the filter, and says whether there is nothing older. One call at a time:
   * two would ask for the same page. Throws ApiError.
   */
  loadOlder(filter: MessageFilter): Promise<boolean> {
    const run = (): Promise<boolean> => this.#load(filter)
    const result = this.#running.then(run, run)
    this.#running = result.catch(() => undefined)
    return result
  }

  async #load(filter: MessageFilter): Promise<boolean> {
    const before = listMessages(this.#ports.inbox(), filter).length
    for (let page = 0; page < MAX_PAGES_PER_CALL; page += 1) {
      const record = nextFeed(this.#ports.inbox(), filter)
      if (!record) return true
      if (!(await this.#loadPage(record))) break
      if (listMessages(this.#ports.inbox(), filter).length - before >= WANTED_ROWS) break
    }
    return nextFeed(this.#ports.inbox(), filter) === undefined
  }

  /** False: the page moved nothing, and asking again would not either. */
  async #loadPage({ feed, low, from }: FeedRecord): Promise<boolean> {
    const page = await this.#ports.api.history(feed, { before: low })
    // Applied before it is stored; storage may be slow, and the list need not wait for it.
    void this.#ports.commit({ type: 'history', page })
    const after = this.#ports.inbox().feeds[feed]
    return after === undefined || after.low !== low || after.from !== from
  }
}

/** The feed to load from: the one whose window ends first reading downwards, for it ends the merged list. */
function nextFeed(inbox: Inbox, filter: MessageFilter): FeedRecord | undefined {
  const open = openFeeds(inbox, filter)
  if (open.length <= 1) return open[0]
  const withRows = new Set(inbox.rows.map((row) => row.feed))
  const floor = findFloor(inbox, open)
  return open.find(({ feed }) => !withRows.has(feed)) ?? open.find(({ feed }) => feed === floor?.feed)
}
