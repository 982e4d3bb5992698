import type { AppState } from '@herald/protocol'
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
const NO_CLOSE = { code: null, closeName: null, retryAt: null }
const REPLACED = { ...NO_CLOSE, name: 'stopped', closeName: 'replaced' } as const

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
    const tabs = { id, channel: channels.channel(id), election: new LockElection(locks.of(id), 'herald') }
    return new TabLink(tabs, true, 0)
  }
  const heard: TabMessage[] = []
  const link = linkOf('leader')
  const other = linkOf('other')
  other.listen((said) => heard.push(said))
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
  let presences = 0
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
    {
      liveInbox,
      onRefused: (code) => refused.push(code),
      onPresence: () => (presences += 1),
      onRenewed: () => undefined,
    },
  )
  const source = sources[0]!
  const renewTo = (next: string): void => {
    token = next
  }
  return {
    leader,
    source,
    clock,
    storage,
    heard,
    presented,
    liveInbox,
    views,
    refused,
    renewTo,
    presences: () => presences,
  }
}

describe('the leader', () => {
  test('stores, shows and tells the other tabs what the source brings that it was handed', async () => {
    const { leader, source, storage, heard, presented, liveInbox } = await lead()
    leader.start()
    await source.host.deliver({ type: 'welcome', feeds: [feedState(FEED, 0)] }, { catchUp: false })
    const change = { type: 'messages', feed: FEED, epoch: 'e1', messages: messages(FEED, 1, 2) } as const
    await source.host.deliver(change, { catchUp: false })
    await settle()
    expect(source.host.feeds()).toBe(liveInbox.inbox.feeds)
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

  test('stores what the user did in another tab, and tells the gateway of what was read there', async () => {
    const { leader, source, storage } = await lead()
    leader.start()
    await source.host.deliver({ type: 'welcome', feeds: [feedState(FEED, 2)] }, { catchUp: false })
    leader.take({ type: 'read', feed: FEED, epoch: 'e1', ranges: [[1, 2]] })
    leader.take({ type: 'hide', ids: ['gone'] })
    await settle()
    expect(source.asked.filter((asked) => asked.startsWith('read'))).toEqual([`read ${FEED}`])
    expect(await storage.load()).toMatchObject({ feeds: [{ read: [[1, 2]] }], hidden: ['gone'] })
  })

  test('answers a tab that asks whether it is there, and connects when the user of that tab wants it', async () => {
    const { leader, source, heard } = await lead()
    leader.start()
    leader.hear({ type: 'ask', reconnect: false }, 'other')
    await settle()
    expect([heard.at(-1), source.asked.filter((asked) => asked === 'start')]).toEqual([
      { type: 'alive' },
      ['start'],
    ])
    leader.hear({ type: 'ask', reconnect: true }, 'other')
    expect(source.asked.filter((asked) => asked === 'start')).toHaveLength(2)
  })

  test('tells a tab that comes of its connection, and when storage has all that was heard before', async () => {
    const { leader, source, heard, storage } = await lead()
    leader.start()
    source.host.connection({ ...NO_CLOSE, name: 'live' })
    void source.host.deliver({ type: 'welcome', feeds: [feedState(FEED, 0)] }, { catchUp: false })
    leader.hear({ type: 'join' }, 'other')
    await settle()
    expect(heard.slice(-2)).toEqual([
      { type: 'connection', view: expect.objectContaining({ name: 'live' }) as unknown },
      { type: 'flushed', to: 'other' },
    ])
    expect((await storage.load()).feeds).toHaveLength(1)
  })

  test('looks anew at how the app is seen when a tab is seen, or has gone', async () => {
    const { leader, presences } = await lead()
    leader.hear({ type: 'presence', visible: false, focusedAt: 1 }, 'other')
    leader.hear({ type: 'gone' }, 'other')
    leader.visibilityChanged()
    leader.hear({ type: 'bannerDismissed' }, 'other')
    expect(presences()).toBe(3)
  })

  test('cuts a backoff short, begins a dial anew that is under way, and leaves every other state alone', async () => {
    const { leader, source } = await lead()
    leader.start()
    const asked = source.asked.length
    source.host.connection({ ...NO_CLOSE, name: 'suspended' })
    leader.redial()
    expect(leader.dialAnew()).toBe(false)
    expect(source.asked).toHaveLength(asked)
    source.host.connection({ ...NO_CLOSE, name: 'waiting', code: 1006, retryAt: 60_000 })
    leader.redial()
    source.host.connection({ ...NO_CLOSE, name: 'connecting' })
    expect(leader.dialAnew()).toBe(true)
    expect(source.asked.slice(asked)).toEqual(['start', 'renew'])
  })

  test('lets its socket go for a test of pushes, whichever tab asks, and takes it up when asked', async () => {
    const { leader, source } = await lead()
    leader.start()
    const asked = source.asked.length
    leader.silence()
    leader.hear({ type: 'silence' }, 'other')
    leader.reconnect()
    expect(source.asked.slice(asked)).toEqual(['suspend', 'suspend', 'start'])
  })

  test('takes its place back from another tab once, and leaves it to whoever takes it again', async () => {
    const { leader, source, clock } = await lead()
    const starts = (): number => source.asked.filter((asked) => asked === 'start').length
    leader.start()
    source.host.connection(REPLACED)
    clock.advance(TAKE_BACK_MS)
    expect(starts()).toBe(2)
    source.host.connection(REPLACED)
    clock.advance(TAKE_BACK_AGAIN_MS - TAKE_BACK_MS - 1)
    expect(starts()).toBe(2)
  })

  test.each(['token_invalid', 'token_expired', 'token_revoked', 'user_disabled'] as const)(
    'says that the token is no good when the source was stopped for %s',
    async (name) => {
      const { leader, source, refused, views } = await lead()
      leader.start()
      source.host.connection({ ...NO_CLOSE, name: 'stopped', closeName: name })
      expect(refused).toEqual([name])
      expect(views.at(-1)).toMatchObject({ name: 'stopped', closeName: name })
    },
  )
})
