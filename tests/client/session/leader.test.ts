import { closeCodes, type AppState } from '@herald/protocol'
import { describe, expect, test } from 'vitest'
import type { ConnectionView } from '@/services/connection/connection-view'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { Leader, TAKE_BACK_AGAIN_MS, TAKE_BACK_MS } from '@/services/session/leader'
import type { SessionRecord } from '@/services/session/session-record'
import type { View } from '@/services/session/view'
import type { Source, SourceCredentials, SourceHost } from '@/services/sources/source'
import { MemoryStorage } from '@/services/storage/memory'
import { LockElection } from '@/services/tabs/lock-election'
import { TabLink } from '@/services/tabs/tab-link'
import type { TabMessage } from '@/services/tabs/tabs'
import { FakeClock, settle } from '../fake-clock'
import { feedState, messages } from '../messages'
import { FakeChannels, FakeLocks } from '../tabs/fake-browser'

const FEED = 'user:me'

/** A source of no server: it notes what it is asked, and the test speaks for it. */
class FakeSource implements Source {
  readonly asked: string[] = []
  readonly credentials: SourceCredentials
  readonly host: SourceHost

  constructor(credentials: SourceCredentials, host: SourceHost, appState: AppState) {
    this.credentials = credentials
    this.host = host
    this.asked.push(`opened in the ${appState}`)
  }

  start = (): void => void this.asked.push('start')
  renew = (): void => void this.asked.push('renew')
  stop = (): void => void this.asked.push('stop')
  suspend = (): void => void this.asked.push('suspend')
  setAppState = (state: AppState): void => void this.asked.push(state)
  setNetwork = (network: 'lost' | 'regained'): void => void this.asked.push(network)
  sendRead = (feed: string): void => void this.asked.push(`read ${feed}`)
}

async function lead({ whenHidden = 'stay' }: { whenHidden?: 'stay' | 'suspend' } = {}) {
  const clock = new FakeClock()
  const storage = new MemoryStorage()
  const channels = new FakeChannels()
  const locks = new FakeLocks()
  const linkOf = (id: string): TabLink => {
    const tabs = { id, channel: channels.channel(id), election: new LockElection(locks.of(id)) }
    return new TabLink(tabs, true, 0)
  }
  const heard: TabMessage[] = []
  const link = linkOf('leader')
  linkOf('other').listen((said) => heard.push(said))
  await settle()
  const presented: string[] = []
  const liveInbox = new LiveInbox({
    storage,
    clock,
    ledger: new PresentedLedger(),
    settling: () => null,
    present: async (fresh) => void presented.push(...fresh.map(({ id }) => id)),
    shown: async () => undefined,
    onPresented: () => undefined,
    onInbox: () => undefined,
    onStorageFailed: () => undefined,
  })
  const session: SessionRecord = {
    ...{ server: 'https://gateway', token: 'first', tokenId: 't1', origin: 'link' },
    user: { id: 'me', name: 'Me' },
  }
  let token = 'first'
  const views: Partial<ConnectionView>[] = []
  const refused: string[] = []
  const sources: FakeSource[] = []
  const view: Pick<View, 'connection'> = { connection: (patch) => void views.push(patch) }
  const leader = new Leader(
    {
      openSource: (...at) => {
        const source = new FakeSource(...at)
        sources.push(source)
        return source
      },
      ...{ clock, link, view, whenHidden },
    },
    () => ({ ...session, token }),
    { liveInbox, onRefused: (code) => refused.push(code) },
  )
  const source = sources[0]!
  const renewTo = (next: string): void => {
    token = next
  }
  return { leader, source, clock, storage, heard, presented, liveInbox, views, refused, renewTo }
}

describe('the leader', () => {
  test('stores, shows and tells the other tabs what the source brings that it was handed', async () => {
    const { leader, source, storage, heard, presented, liveInbox } = await lead()
    leader.start()
    await source.host.deliver({ type: 'welcome', feeds: [feedState(FEED, 0)] }, { catchUp: false })
    const change = { type: 'messages', feed: FEED, epoch: 'e1', messages: messages(FEED, 1, 2) } as const
    await source.host.deliver(change, { catchUp: false })
    await settle()
    expect(source.host.inbox()).toBe(liveInbox.inbox)
    expect((await storage.load()).rows.map(({ seq }) => seq)).toEqual([1, 2])
    expect(presented).toHaveLength(2)
    expect(heard.filter(({ type }) => type === 'change')).toHaveLength(2)
  })

  test('gives the source the token of the moment, and not the one that it began with', async () => {
    const { source, renewTo } = await lead()
    expect(source.credentials.server).toBe('https://gateway')
    renewTo('second')
    expect(source.credentials.token()).toBe('second')
  })

  test('says how the app is seen, and suspends the source where the platform freezes what is hidden', async () => {
    const { leader, source } = await lead({ whenHidden: 'suspend' })
    leader.start()
    leader.appStateChanged('background')
    leader.stop()
    leader.appStateChanged('foreground')
    expect(source.asked).toEqual([
      ...['opened in the foreground', 'start', 'foreground'],
      ...['background', 'suspend', 'stop'],
    ])
  })

  test('takes its place back from another tab once, and leaves it to whoever takes it again', async () => {
    const { leader, source, clock } = await lead()
    const starts = (): number => source.asked.filter((asked) => asked === 'start').length
    leader.start()
    source.host.state({ name: 'stopped', code: closeCodes.replaced })
    clock.advance(TAKE_BACK_MS)
    expect(starts()).toBe(2)
    source.host.state({ name: 'stopped', code: closeCodes.replaced })
    clock.advance(TAKE_BACK_AGAIN_MS - TAKE_BACK_MS - 1)
    expect(starts()).toBe(2)
  })

  test.each(['token_invalid', 'token_expired', 'token_revoked', 'user_disabled'] as const)(
    'says that the token is no good when the source was stopped for %s',
    async (name) => {
      const { leader, source, refused, views } = await lead()
      leader.start()
      source.host.state({ name: 'stopped', code: closeCodes[name] })
      expect(refused).toEqual([name])
      expect(views.at(-1)).toMatchObject({ name: 'stopped', closeName: name })
    },
  )
})
