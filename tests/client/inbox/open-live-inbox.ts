import type { Message } from '@herald/protocol'
import type { Change } from '@/services/inbox/inbox'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { FakeClock } from '../fake-clock'
import { feedState, messages } from '../messages'
import { FaultyStorage } from './faulty-storage'

export const FEED = 'topic:ci'
export const LIVE = { catchUp: false }
export const welcome = (head = 0): Change => ({ type: 'welcome', feeds: [feedState(FEED, head)] })
export const arrive = (first: number, last: number): Change => ({
  type: 'messages',
  feed: FEED,
  epoch: 'e1',
  messages: messages(FEED, first, last),
})

/** An inbox on storage that a test may break, and what it has presented and taken back. */
export async function open(storage = new FaultyStorage(), settling: () => Promise<void> | null = () => null) {
  const clock = new FakeClock()
  const presented: string[] = []
  const taken: string[] = []
  const failed: boolean[] = []
  const events: string[] = []
  const ledger = new PresentedLedger()
  const liveInbox = new LiveInbox({
    storage,
    clock,
    ledger,
    settling,
    present: (fresh: readonly Message[]) => {
      presented.push(...fresh.map((row) => row.id))
      events.push('present')
      return Promise.resolve()
    },
    shown: () => Promise.resolve(),
    onPresented: (ids) => taken.push(...ids),
    onInbox: () => undefined,
    onStorageFailed: (is) => failed.push(is),
  })
  await liveInbox.load()
  return { storage, clock, liveInbox, presented, taken, ledger, failed, events }
}
