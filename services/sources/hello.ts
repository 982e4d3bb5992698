import {
  MAX_INBOUND_FRAME_BYTES,
  type AppState,
  type Cursor,
  type Device,
  type Hello,
} from '@herald/protocol'
import type { Inbox } from '../inbox/inbox'
import type { FeedRecord } from '../storage/storage'

export interface HelloParts {
  readonly token: string
  readonly device: Device
  readonly state: AppState
  readonly feeds: Inbox['feeds']
}

/**
 * The hello with a cursor for each feed. A feed whose cursor finds no room in the frame is treated as new by
 * the gateway, which sends its newest page again; doubles are dropped here, so that costs bytes and nothing else.
 * One's own feed and `all` sort first, since topics are what there can be many of.
 */
export function buildHello({ token, device, state, feeds }: HelloParts): Hello {
  const cursors: Record<string, Cursor> = {}
  const hello: Hello = { type: 'hello', token, device, state, cursors }
  // Feed names, epochs and ids are ASCII; a token may not be, and is counted at its worst.
  let room = MAX_INBOUND_FRAME_BYTES - JSON.stringify(hello).length - token.length * 2
  for (const { feed, epoch, cursor } of Object.values(feeds).sort(topicsLast)) {
    const size = JSON.stringify({ [feed]: { epoch, seq: cursor } }).length
    if (size > room) break
    room -= size
    cursors[feed] = { epoch, seq: cursor }
  }
  return hello
}

function topicsLast(a: FeedRecord, b: FeedRecord): number {
  return Number(a.feed.startsWith('topic:')) - Number(b.feed.startsWith('topic:'))
}
