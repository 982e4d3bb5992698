import { IDBKeyRange } from 'fake-indexeddb'
import { describe, expect, it } from 'vitest'
import { sessionCache, sessionUrl } from '@/services/push/h5/kept-session'
import { WebPush } from '@/services/push/h5/web-push'
import type { KeptSession } from '@/services/push/push-port'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { readPresented, toldEntry } from '@/services/presented/standings'
import { IndexedDbStorage } from '@/services/storage/indexed-db'
import { restoreInbox } from '@/services/inbox/restore-inbox'
import { FakeClock } from '../fake-clock'
import { clientAt, FakeServiceWorker } from '../presentation/fake-service-worker'
import { idOf, message, messages } from '../messages'

globalThis.IDBKeyRange = IDBKeyRange

const SCOPE = 'https://herald.example/app/'
const SERVER = 'https://herald.example/app'
const ME = 'user:me'
const KEY = 'B'.repeat(87)
const SESSION: KeptSession = {
  server: SERVER,
  token: 'tok',
  recipient: 'recipient-of-me',
  device: 'device-0001',
  body: {
    platform: 'h5',
    locale: 'en',
    notifications: true,
    preview: true,
    sound: true,
    push: [
      {
        provider: 'webpush',
        app: KEY,
        environment: 'production',
        kind: 'alert',
        token: 'https://push.example/1',
        keys: { p256dh: KEY, auth: 'A'.repeat(22) },
      },
    ],
  },
}
const WORDS: Record<string, string> = {
  'alert.hidden': 'New message',
  'alert.feed.user': 'Your messages',
  'alert.feed.all': 'Everyone',
  'alert.summary.title': '{count} new messages',
}

/** A worker to which the real page has told its session. */
async function signedIn(patch: Partial<KeptSession> = {}): Promise<FakeServiceWorker> {
  const worker = new FakeServiceWorker(SCOPE)
  const page = new WebPush({
    permission: () => Promise.resolve('granted'),
    unsupported: () => null,
    registration: Promise.resolve(null),
    container: undefined,
    caches: worker.caches,
    scope: SCOPE,
    namespace: worker.namespace,
    clock: new FakeClock(),
    t: (key, params) => (WORDS[key] ?? key).replace('{count}', String(params?.count)),
  })
  await page.keep({ ...SESSION, ...patch })
  return worker
}

const push = (worker: FakeServiceWorker, payload: unknown): Promise<unknown> =>
  worker.dispatch('push', { data: { json: () => structuredClone(payload) } })

const common = { herald: 1, to: 'recipient-of-me', badge: 3 }
const messagePush = (seq: number, patch: object = {}) => {
  const { id, feed, time, priority, body } = message(ME, seq)
  return {
    ...common,
    type: 'message',
    id,
    feed,
    epoch: 'e1',
    seq,
    time,
    priority,
    title: 'Disk full',
    body,
    ...patch,
  }
}

describe('a push while no tab is open', () => {
  it('is a notification of its own, with the message’s id, and the badge is the gateway’s', async () => {
    const worker = await signedIn()
    await push(worker, messagePush(1))
    expect([...worker.tray.values()]).toMatchObject([
      {
        title: 'Disk full',
        options: {
          body: 'user:me 1',
          tag: idOf(ME, 1),
          data: { messageId: idOf(ME, 1), feed: ME, pushed: true },
          silent: false,
        },
      },
    ])
    expect(worker.badges).toEqual([3])
  })

  it('comes twice and is one notification, which does not sound again', async () => {
    const worker = await signedIn()
    await push(worker, messagePush(1))
    await push(worker, messagePush(1))
    expect(worker.tray.size).toBe(1)
    expect([...worker.tray.values()][0]?.options).not.toHaveProperty('renotify')
  })

  it('of a burst is one line', async () => {
    const worker = await signedIn()
    await push(worker, { ...common, type: 'summary', count: 12, ids: [idOf(ME, 1)] })
    expect([...worker.tray.values()]).toMatchObject([
      { title: '12 new messages', options: { tag: 'herald-summary', data: { inbox: true, pushed: true } } },
    ])
  })

  it('makes no sound at low priority or when sounds are off', async () => {
    const worker = await signedIn()
    await push(worker, messagePush(1, { priority: 2 }))
    const silent = await signedIn({ body: { ...SESSION.body, sound: false } })
    await push(silent, messagePush(1))
    for (const { tray } of [worker, silent]) expect([...tray.values()][0]?.options.silent).toBe(true)
  })

  it('that was read elsewhere takes its notification and the summary away', async () => {
    const worker = await signedIn()
    await push(worker, messagePush(1))
    await push(worker, messagePush(2))
    await push(worker, { ...common, badge: 1, type: 'clear', ids: [idOf(ME, 1)] })
    expect([...worker.tray.keys()]).toEqual([idOf(ME, 2)])
    await push(worker, { ...common, type: 'summary', count: 2, ids: [] })
    await push(worker, { ...common, badge: 0, type: 'clear', ids: [idOf(ME, 2)] })
    expect(worker.tray.size).toBe(0)
    expect(worker.badges.slice(-1)).toEqual([0])
  })
})

describe('a push without words', () => {
  const idOnly = messagePush(1, { title: undefined, body: undefined })

  it('has them fetched with the session’s token', async () => {
    const worker = await signedIn()
    const whole = message(ME, 1, { title: 'Fetched', body: 'from the gateway' })
    worker.serve(`${SERVER}/v1/messages/${whole.id}`, JSON.stringify(whole))
    await push(worker, idOnly)
    expect([...worker.tray.values()]).toMatchObject([
      { title: 'Fetched', options: { body: 'from the gateway' } },
    ])
    expect(worker.requests[0]?.headers).toEqual({ Authorization: 'Bearer tok' })
  })

  it('tells without them where it came from, when they cannot be fetched or are not wanted', async () => {
    const offline = await signedIn()
    await push(offline, idOnly)
    const hidden = await signedIn({ body: { ...SESSION.body, preview: false } })
    await push(hidden, idOnly)
    for (const { tray } of [offline, hidden])
      expect([...tray.values()]).toMatchObject([{ title: 'Your messages', options: { body: 'New message' } }])
    expect(hidden.requests.map(({ url }) => url)).not.toContain(`${SERVER}/v1/messages/${idOf(ME, 1)}`)
  })

  it('does not wait for a gateway that says nothing', async () => {
    const worker = await signedIn()
    worker.network.set(`${SERVER}/v1/messages/${idOf(ME, 1)}`, () => new Promise(() => undefined))
    const { done } = worker.start('push', { data: { json: () => idOnly } })
    await untilTrue(() => worker.requests.length > 0)
    worker.runTimers()
    await untilTrue(() => worker.tray.size === 1)
    worker.runTimers()
    await done()
  })
})

describe('a push while there are tabs', () => {
  it('is the visible tab’s to show', async () => {
    const worker = await signedIn()
    const seen = clientAt(SCOPE, { visibilityState: 'visible' })
    worker.clients = [clientAt(`${SCOPE}docs`, { visibilityState: 'visible' }), seen]
    await push(worker, messagePush(1))
    await untilTrue(() => seen.offered.some(({ yours }) => yours))
    expect(seen.offered).toEqual([{ payload: messagePush(1), yours: true }])
    expect([seen.received, worker.tray.size]).toEqual([[], 0])
  })

  it('is a notification that rings when the visible tab is just closing, or stands still, and says nothing', async () => {
    const worker = await signedIn()
    const closing = clientAt(SCOPE, { visibilityState: 'visible', answers: false })
    worker.clients = [closing]
    const { done } = worker.start('push', { data: { json: () => messagePush(1) } })
    await untilTrue(() => closing.offered.length > 0)
    expect(worker.tray.size).toBe(0)
    worker.runTimers()
    await untilTrue(() => worker.tray.size === 1)
    worker.runTimers()
    await done()
    expect([...worker.tray.values()]).toMatchObject([{ options: { silent: false } }])
    expect(closing.received).toEqual([{ type: 'push', payload: messagePush(1), shown: true }])
    expect(closing.offered).toMatchObject([{ yours: false }])
  })

  it('is any tab’s that answers when the visible one does not', async () => {
    const worker = await signedIn()
    const hidden = clientAt(SCOPE)
    worker.clients = [clientAt(SCOPE, { visibilityState: 'visible', answers: false }), hidden]
    await push(worker, messagePush(1))
    await untilTrue(() => hidden.offered.some(({ yours }) => yours))
    expect(worker.tray.size).toBe(0)
  })

  it('is shown in silence all the same where the browser’s push service demands it', async () => {
    const worker = await signedIn()
    const seen = clientAt(SCOPE, { visibilityState: 'visible' })
    worker.clients = [seen]
    worker.subscription = {
      endpoint: 'https://web.push.apple.com/x',
      unsubscribe: () => Promise.resolve(true),
      toJSON: () => ({}),
    }
    await push(worker, messagePush(1))
    expect([...worker.tray.values()]).toMatchObject([{ options: { silent: true } }])
    expect(seen.received).toMatchObject([{ shown: true }])
  })

  it('is a notification when all are hidden, and they are told that it was shown', async () => {
    const worker = await signedIn()
    const hidden = clientAt(SCOPE)
    worker.clients = [hidden]
    await push(worker, messagePush(1))
    expect(worker.tray.size).toBe(1)
    expect(hidden.received).toEqual([{ type: 'push', payload: messagePush(1), shown: true }])
  })
})

describe('a push that is not for who is signed in', () => {
  it.each([
    ['D4-07: another user', messagePush(1, { to: 'recipient-other' })],
    ['no recipient', messagePush(1, { to: undefined })],
    ['a shape of later', messagePush(1, { herald: 2 })],
    ['a kind of later', messagePush(1, { type: 'dance' })],
    ['ids that are none', { ...common, type: 'clear', ids: [5] }],
    ['nothing', null],
  ])('is dropped: %s', async (_, payload) => {
    const worker = await signedIn()
    await push(worker, payload)
    expect([worker.tray.size, worker.badges]).toEqual([0, []])
  })

  it('is dropped when it is no JSON, or has no data', async () => {
    const worker = await signedIn()
    await worker.dispatch('push', { data: { json: () => JSON.parse('{') as unknown } })
    await worker.dispatch('push', { data: null })
    expect(worker.tray.size).toBe(0)
  })

  it('goes to the tabs as one that nobody is sure of while one of them may be signing in', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    const tab = clientAt(SCOPE)
    worker.clients = [tab]
    await push(worker, messagePush(1))
    expect(worker.tray.size).toBe(0)
    expect(tab.received).toMatchObject([
      { type: 'push', payload: messagePush(1), shown: false, unsure: true },
    ])
  })

  it('gives the subscription up when nobody is signed in any more', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    let gone = 0
    worker.subscription = {
      endpoint: 'https://push.example/1',
      unsubscribe: () => Promise.resolve((gone += 1) > 0),
      toJSON: () => ({}),
    }
    await push(worker, messagePush(1))
    expect([gone, worker.tray.size]).toEqual([1, 0])
  })
})

describe('the list', () => {
  const record = { feed: ME, epoch: 'e1', from: 1, head: 2, read: [], muted: false, low: 1, cursor: 2 }
  const historyUrl = `${SERVER}/v1/feeds/${encodeURIComponent(ME)}/messages?after=2&limit=100`

  async function withList() {
    const worker = await signedIn()
    const storage = new IndexedDbStorage(() => worker.indexedDB, 'herald')
    await storage.write({ feeds: [record], rows: messages(ME, 1, 2) })
    const page = (epoch: string, first: number, last: number): void => {
      const body = { feed: ME, epoch, from: 1, head: last, messages: messages(ME, first, last) }
      worker.serve(historyUrl, JSON.stringify(body))
    }
    return { worker, storage, page }
  }

  it('has the message, with those before it that were not pushed, when the app is opened next', async () => {
    const { worker, storage, page } = await withList()
    page('e1', 3, 6)
    await push(worker, messagePush(5))
    const stored = await storage.load()
    const inbox = restoreInbox(stored)
    expect(inbox.rows.map(({ seq }) => seq)).toEqual([5, 4, 3, 2, 1])
    expect(inbox.feeds[ME]).toMatchObject({ cursor: 5, head: 6 })
    // What was not pushed may still be: only the pushed one counts as presented, and the app takes the rest anew.
    const { all, unsettled } = readPresented(stored.presented)
    expect(all).toEqual([idOf(ME, 5)])
    expect(unsettled).toEqual([idOf(ME, 3), idOf(ME, 4)])
  })

  it.each([
    ['of another epoch', 'e2', 3, 5],
    ['with a hole', 'e1', 4, 5],
    ['that does not reach the message', 'e1', 3, 4],
  ])('takes no page %s', async (_, epoch, first, last) => {
    const { worker, storage, page } = await withList()
    page(epoch, first, last)
    await push(worker, messagePush(5))
    const stored = await storage.load()
    expect(stored.rows).toHaveLength(2)
    expect(stored.feeds).toEqual([record])
    expect(stored.presented).toEqual([idOf(ME, 5)])
    expect(worker.tray.size).toBe(1)
  })

  it('is left to a tab that is open', async () => {
    const { worker, storage, page } = await withList()
    page('e1', 3, 3)
    worker.clients = [clientAt(SCOPE)]
    await push(worker, messagePush(3))
    expect((await storage.load()).rows).toHaveLength(2)
  })

  it('D4-05: says what was presented before: such a push shows nothing again', async () => {
    const { worker, storage } = await withList()
    await storage.write({ presented: [idOf(ME, 3)] })
    await push(worker, messagePush(3))
    expect(worker.tray.size).toBe(0)
  })

  it('says too that an alert which it has as presented was not: its push is shown, and noted, once', async () => {
    const { worker, storage } = await withList()
    // As a tab leaves it that froze while it stored the id, and waits after its thaw.
    const ledger = new PresentedLedger()
    const id = idOf(ME, 3)
    for (const happening of ['due', 'reopened'] as const)
      await storage.write({ presented: ledger.entriesOf(ledger.note(happening, [id])) })
    await push(worker, messagePush(3))
    expect(worker.tray.size).toBe(1)
    expect(readPresented((await storage.load()).presented)).toMatchObject({ all: [id], unsettled: [] })
    worker.tray.clear()
    await push(worker, messagePush(3))
    expect(worker.tray.size).toBe(0)
  })

  it('does not take the gateway’s word for a push: what comes late is shown', async () => {
    const { worker, storage } = await withList()
    await storage.write({ presented: [toldEntry(idOf(ME, 3))] })
    await push(worker, messagePush(3))
    await push(worker, messagePush(3))
    expect(worker.tray.size).toBe(1)
    expect(readPresented((await storage.load()).presented)).toMatchObject({ all: [idOf(ME, 3)], told: [] })
  })

  it('is not made by the worker: its stores are the app’s to make', async () => {
    const worker = await signedIn()
    await push(worker, messagePush(1))
    const storage = new IndexedDbStorage(() => worker.indexedDB, 'herald')
    expect(await storage.load()).toEqual({ feeds: [], rows: [], hidden: [], presented: [] })
  })
})

describe('a subscription that the browser changes', () => {
  const renewed = {
    endpoint: 'https://push.example/2',
    unsubscribe: () => Promise.resolve(true),
    toJSON: () => ({ endpoint: 'https://push.example/2', keys: { p256dh: KEY, auth: 'C'.repeat(22) } }),
  }

  it('is registered by the worker when no tab is open, and kept', async () => {
    const worker = await signedIn()
    worker.subscribe = () => Promise.resolve(renewed)
    worker.serve(`${SERVER}/v1/me/devices/device-0001`, '{}')
    await worker.dispatch('pushsubscriptionchange', {})
    expect(worker.requests).toMatchObject([{ method: 'PUT', headers: { Authorization: 'Bearer tok' } }])
    expect(JSON.parse(worker.requests[0]?.body ?? '')).toEqual({
      ...SESSION.body,
      push: [
        { ...SESSION.body.push[0], token: renewed.endpoint, keys: { p256dh: KEY, auth: 'C'.repeat(22) } },
      ],
    })
    const cache = await worker.caches.open(sessionCache('herald'))
    expect(await (await cache.match(sessionUrl(SCOPE)))?.json()).toMatchObject({
      recipient: 'recipient-of-me',
      body: { push: [{ token: renewed.endpoint }] },
    })
  })

  it('is an open tab’s to register', async () => {
    const worker = await signedIn()
    const tab = clientAt(SCOPE)
    worker.clients = [tab]
    await worker.dispatch('pushsubscriptionchange', { newSubscription: renewed })
    expect(tab.received).toEqual([{ type: 'pushChanged' }])
    expect(worker.requests).toEqual([])
  })
})

async function untilTrue(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1)
    await new Promise((resolve) => setImmediate(resolve))
  expect(condition()).toBe(true)
}
