import { describe, expect, it } from 'vitest'
import { openedByAddress } from '@/services/presentation/h5/opened-by-address'
import { clientAt, FakeServiceWorker } from './fake-service-worker'

const SCOPE = 'https://herald.example/app/'
const PAGE = { messageId: 'id 1', feed: 'all' }
const text = async (response: Response | undefined): Promise<string | undefined> => response?.text()

/** A worker that has the page and one asset. */
async function started(): Promise<FakeServiceWorker> {
  const worker = new FakeServiceWorker(SCOPE)
  worker.serve('', 'page 1')
  worker.serve('assets/a-1.js', 'code 1', { type: 'text/javascript' })
  worker.serve('assets.json', JSON.stringify(['assets/a-1.js']), { type: 'application/json' })
  await worker.dispatch('message', { data: { type: 'keep' } })
  return worker
}

describe('a new worker', () => {
  it('takes over at once and forgets the caches of older ones', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    worker.stores.set('herald-shell-0', new Map())
    worker.stores.set('another-app', new Map())
    await worker.dispatch('install')
    await worker.dispatch('activate')
    expect(worker.skippedWaiting).toBe(true)
    expect(worker.claimed).toBe(true)
    expect([...worker.stores.keys()]).toEqual(['another-app'])
  })
})

describe('a click on a notification', () => {
  const click = (data: unknown) => ({ notification: { data, close: () => undefined } })

  it('opens the message in the window that the user looks at', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    const hidden = clientAt(`${SCOPE}#/pages/inbox/inbox`)
    const visible = clientAt(`${SCOPE}index.html#/`, { visibilityState: 'visible' })
    const focused = clientAt(SCOPE, { visibilityState: 'visible', focused: true })
    worker.clients = [hidden, visible, focused]
    await worker.dispatch('notificationclick', click(PAGE))
    expect(focused.received).toEqual([{ type: 'open', messageId: 'id 1', feed: 'all' }])
    expect(focused.focusedNow).toBe(true)
    await worker.dispatch('notificationclick', click({ ...PAGE, pushed: true }))
    expect(focused.received.at(-1)).toEqual({ type: 'open', ...PAGE, pushed: true })
    worker.clients = [hidden, visible]
    await worker.dispatch('notificationclick', click({ inbox: true }))
    expect(visible.received).toEqual([{ type: 'open', inbox: true }])
    worker.clients = [hidden]
    await worker.dispatch('notificationclick', click(PAGE))
    expect(hidden.focusedNow).toBe(true)
    expect(worker.opened).toEqual([])
  })

  it('of a host opens it in any of its windows, and leaves its files alone', async () => {
    const worker = new FakeServiceWorker(SCOPE, 'shop', true)
    const cart = clientAt(`${SCOPE}pages/cart/cart`)
    worker.clients = [clientAt('https://herald.example/'), cart]
    await worker.dispatch('notificationclick', click(PAGE))
    expect(cart.received).toEqual([{ type: 'open', ...PAGE }])
    expect(worker.opened).toEqual([])
    worker.serve('', 'page 1')
    expect(await worker.fetch('', 'navigate')).toBeUndefined()
    expect(await worker.fetch('assets/a-1.js')).toBeUndefined()
    expect(worker.cached).toEqual([])
  })

  it('of a host that is closed opens its root, which finds in the address what was clicked', async () => {
    const worker = new FakeServiceWorker(SCOPE, 'shop', true)
    const replaced: unknown[] = []
    const history = { state: { own: 1 }, replaceState: (...given: unknown[]) => void replaced.push(given) }
    await worker.dispatch('notificationclick', click({ ...PAGE, pushed: true }))
    await worker.dispatch('notificationclick', click(null))
    expect(worker.opened.map((href) => openedByAddress('shop', { href }, history))).toEqual([
      { ...PAGE, pushed: true },
      { inbox: true },
    ])
    expect(replaced).toEqual([
      [{ own: 1 }, '', SCOPE],
      [{ own: 1 }, '', SCOPE],
    ])
    const routed = { ...history, state: { current: '/?a=1&shop-open=%7B%7D#b', back: null } }
    expect(openedByAddress('shop', { href: `${SCOPE}?shop-open=%7B` }, routed)).toBeNull()
    expect(replaced.pop()).toEqual([{ current: '/?a=1#b', back: null }, '', SCOPE])
    expect(openedByAddress('shop', { href: `${SCOPE}?shop-open=%7B` }, history)).toBeNull()
    expect(openedByAddress('admin', { href: worker.opened[0] ?? '' }, history)).toBeNull()
    expect(replaced).toHaveLength(3)
  })

  it('opens a window at the message when there is none of the app', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    worker.clients = [clientAt('https://herald.example/'), clientAt(`${SCOPE}docs`)]
    await worker.dispatch('notificationclick', click(PAGE))
    await worker.dispatch('notificationclick', click({ inbox: true }))
    await worker.dispatch('notificationclick', click(null))
    expect(worker.opened).toEqual([`${SCOPE}#/pages/message/message?id=id%201`, SCOPE, SCOPE])
  })

  it('bears that the browser refuses to focus the window', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    const client = clientAt(SCOPE)
    worker.clients = [
      { ...client, focus: () => Promise.reject(new DOMException('no', 'InvalidAccessError')) },
    ]
    await worker.dispatch('notificationclick', click(PAGE))
    expect(client.received).toHaveLength(1)
  })

  it('takes the notification away', async () => {
    const worker = new FakeServiceWorker(SCOPE)
    let closed = false
    await worker.dispatch('notificationclick', { notification: { data: PAGE, close: () => (closed = true) } })
    expect(closed).toBe(true)
  })
})

describe('the page', () => {
  const navigate = (worker: FakeServiceWorker, path = '') => worker.fetch(path, 'navigate')

  it('is the network’s while there is one, and the newest kept one without', async () => {
    const worker = await started()
    worker.serve('', 'page 2')
    expect(await text(await navigate(worker))).toBe('page 2')
    worker.network.clear()
    expect(await text(await navigate(worker))).toBe('page 2')
    expect(await text(await navigate(worker, 'index.html'))).toBe('page 2')
  })

  it('is the kept one when the network is slow, and a new one is kept for the next time', async () => {
    const worker = await started()
    let answer: (response: Response) => void = () => undefined
    worker.serve('', 'page 2')
    const page2 = worker.network.get(SCOPE)!
    worker.network.set(SCOPE, () => new Promise((resolve) => (answer = resolve)))
    const { answer: shown, done } = worker.start('fetch', {
      request: { url: SCOPE, mode: 'navigate', method: 'GET' },
    })
    await new Promise((resolve) => setImmediate(resolve))
    worker.runTimers()
    expect(await text(await shown)).toBe('page 1')
    answer(await page2())
    await done()
    worker.network.clear()
    expect(await text(await navigate(worker))).toBe('page 2')
  })

  it('is the kept one while a proxy says that the gateway is down', async () => {
    const worker = await started()
    worker.serve('', 'bad gateway', { status: 502 })
    expect(await text(await navigate(worker))).toBe('page 1')
    worker.serve('', 'not here', { status: 404 })
    expect(await text(await navigate(worker))).toBe('not here')
    worker.network.clear()
    expect(await text(await navigate(worker))).toBe('page 1')
  })

  it.each([
    ['a hotel’s sign-in page', { redirected: true }],
    ['something that is no page', { type: 'application/json' }],
    ['an error', { status: 500 }],
  ])('is not replaced by %s', async (_, answer) => {
    const worker = await started()
    worker.serve('', 'other', answer)
    await navigate(worker)
    worker.network.clear()
    expect(await text(await navigate(worker))).toBe('page 1')
  })

  it('fails as ever when nothing was kept', async () => {
    await expect(navigate(new FakeServiceWorker(SCOPE))).rejects.toThrow('Failed to fetch')
  })
})

describe('built files', () => {
  it('come from the cache without asking, since their names are of their content', async () => {
    const worker = await started()
    worker.fetched.length = 0
    expect(await text(await worker.fetch('assets/a-1.js'))).toBe('code 1')
    expect(worker.fetched).toEqual([])
  })

  it('are kept when they are first loaded', async () => {
    const worker = await started()
    worker.serve('assets/b-1.js', 'code b', { type: 'text/javascript' })
    await worker.fetch('assets/b-1.js')
    worker.network.clear()
    expect(await text(await worker.fetch('assets/b-1.js'))).toBe('code b')
  })

  it('without a hash come from the network, and from the cache without one', async () => {
    const worker = await started()
    worker.serve('static/tab/inbox.png', 'old', { type: 'image/png' })
    await worker.fetch('static/tab/inbox.png')
    worker.serve('static/tab/inbox.png', 'new', { type: 'image/png' })
    expect(await text(await worker.fetch('static/tab/inbox.png'))).toBe('new')
    worker.network.clear()
    expect(await text(await worker.fetch('static/tab/inbox.png'))).toBe('new')
  })

  it('are kept up to a limit, the oldest go first, and the page stays', async () => {
    const worker = await started()
    for (let at = 0; at < 120; at++) {
      worker.serve(`assets/x-${String(at)}.js`, 'x', { type: 'text/javascript' })
      await worker.fetch(`assets/x-${String(at)}.js`)
    }
    expect(worker.cached).toHaveLength(101)
    expect(worker.cached).toContain(SCOPE)
    expect(worker.cached).toContain(`${SCOPE}assets/x-119.js`)
    expect(worker.cached).not.toContain(`${SCOPE}assets/a-1.js`)
  })

  it('that fail are not kept', async () => {
    const worker = await started()
    worker.serve('assets/gone.js', 'no', { status: 404 })
    expect((await worker.fetch('assets/gone.js'))?.status).toBe(404)
    expect(worker.cached).not.toContain(`${SCOPE}assets/gone.js`)
    await expect(worker.fetch('assets/unknown.js')).rejects.toThrow('Failed to fetch')
  })
})

describe('everything else', () => {
  it.each([
    ['the API', 'v1/me', 'cors', 'GET'],
    ['a write', 'assets/a-1.js', 'cors', 'POST'],
    ['another page of the gateway', 'docs', 'navigate', 'GET'],
    ['what is outside the scope', '/assets/a-1.js', 'no-cors', 'GET'],
    ['another origin', 'https://example.org/app/assets/a.js', 'no-cors', 'GET'],
    ['the worker itself', 'sw.js', 'no-cors', 'GET'],
  ] as const)('goes its way: %s', async (_, path, mode, method) => {
    const worker = await started()
    expect(await worker.fetch(path, mode, method)).toBeUndefined()
  })

  it('is not kept when the list of files names it', async () => {
    const worker = await started()
    const before = worker.cached
    const hostile = ['v1/me', 'https://example.org/a.js', '../assets/a-1.js', 5, null]
    worker.serve('assets.json', JSON.stringify(hostile), { type: 'application/json' })
    await worker.dispatch('message', { data: { type: 'keep' } })
    await worker.dispatch('message', { data: 'nonsense' })
    await worker.dispatch('message', { data: null })
    expect(worker.cached).toEqual(before)
  })
})
