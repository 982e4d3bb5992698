import { describe, expect, it } from 'vitest'
import { forgetWebPush } from '@/services/push/h5/kept-session'
import { SUBSCRIBE_TIMEOUT_MS, WebPush, type WebPushEnv } from '@/services/push/h5/web-push'
import type { ArrivedPush } from '@/services/push/push-port'
import { FakeClock, settle } from '../fake-clock'

const KEY = Buffer.from([4, ...Array<number>(64).fill(7)]).toString('base64url')
const OTHER_KEY = Buffer.from([4, ...Array<number>(64).fill(8)]).toString('base64url')
const SERVICES = { providers: [], webPush: { publicKey: KEY } }
const MESSAGE = {
  herald: 1,
  to: 'recipient-of-me',
  badge: 3,
  type: 'message',
  id: '00000000-0000-4000-8000-000000000001',
  feed: 'user:me',
  epoch: 'e1',
  seq: 1,
  time: 1,
  priority: 3,
}

/** A push manager of a browser. Script it with `answer`: what subscribe() does. */
class FakeManager {
  current: PushSubscription | null = null
  subscribed = 0
  gone: string[] = []
  answer: () => Promise<void> = () => Promise.resolve()

  getSubscription(): Promise<PushSubscription | null> {
    return Promise.resolve(this.current)
  }

  async subscribe({
    applicationServerKey,
    userVisibleOnly,
  }: PushSubscriptionOptionsInit): Promise<PushSubscription> {
    if (userVisibleOnly !== true) throw new Error('Chromium takes nothing else')
    if (this.current) throw new DOMException('another key is registered', 'InvalidStateError')
    this.subscribed += 1
    const endpoint = `https://push.example/${String(this.subscribed)}`
    await this.answer()
    const key = Buffer.from(applicationServerKey as string, 'base64url')
    const subscription = {
      endpoint,
      options: { userVisibleOnly: true, applicationServerKey: new Uint8Array(key).buffer },
      toJSON: () => ({ endpoint, keys: { p256dh: KEY, auth: 'A'.repeat(22) } }),
      unsubscribe: () => {
        this.gone.push(endpoint)
        this.current = null
        return Promise.resolve(true)
      },
    }
    this.current = subscription as unknown as PushSubscription
    return this.current
  }
}

function open(patch: Partial<WebPushEnv> = {}) {
  const manager = new FakeManager()
  const clock = new FakeClock()
  interface Told {
    readonly data: unknown
    readonly ports: readonly MessagePort[]
  }
  let tell: (event: Told) => void = () => undefined
  const container = {
    addEventListener: (_: string, listener: (event: Told) => void) => (tell = listener),
  }
  const push = new WebPush({
    permission: () => Promise.resolve('granted'),
    unsupported: () => null,
    registration: Promise.resolve({ pushManager: manager as unknown as PushManager }),
    container: container as unknown as ServiceWorkerContainer,
    caches: undefined,
    scope: 'https://herald.example/app/',
    namespace: 'herald',
    clock,
    t: (key) => key,
    ...patch,
  })
  return {
    manager,
    clock,
    push,
    tell: (data: unknown, ports: readonly MessagePort[] = []) => {
      tell({ data, ports })
    },
  }
}

describe('a browser', () => {
  it('subscribes with the gateway’s key, once', async () => {
    const { push, manager } = open()
    const first = await push.find(SERVICES)
    expect(first).toEqual({
      registrations: [
        {
          provider: 'webpush',
          app: KEY,
          environment: 'production',
          kind: 'alert',
          token: 'https://push.example/1',
          keys: { p256dh: KEY, auth: 'A'.repeat(22) },
        },
      ],
    })
    expect(await push.find(SERVICES)).toEqual(first)
    expect(manager.subscribed).toBe(1)
  })

  it('subscribes anew when the gateway has another key', async () => {
    const { push, manager } = open()
    await push.find(SERVICES)
    const second = await push.find({ providers: [], webPush: { publicKey: OTHER_KEY } })
    expect(second).toMatchObject({ registrations: [{ app: OTHER_KEY, token: 'https://push.example/2' }] })
    expect(manager.gone).toEqual(['https://push.example/1'])
  })

  it.each([
    ['plain http', { unsupported: () => 'insecure' as const }, SERVICES, 'insecure'],
    ['no permission', { permission: () => Promise.resolve('default' as const) }, SERVICES, 'permission'],
    ['no worker', { registration: Promise.resolve(null) }, SERVICES, 'browser'],
    [
      'no push manager',
      { registration: Promise.resolve({} as ServiceWorkerRegistration) },
      SERVICES,
      'browser',
    ],
    ['a gateway without keys', {}, { providers: [], webPush: null }, 'server'],
  ])('with %s has none, says why and asks for nothing', async (_, env, services, none) => {
    const { push, manager } = open(env)
    expect(await push.find(services)).toEqual({ none })
    expect(manager.subscribed).toBe(0)
  })

  it('whose push service refuses has none', async () => {
    const { push, manager } = open()
    manager.answer = () => Promise.reject(new DOMException('permission denied', 'AbortError'))
    expect(await push.find(SERVICES)).toEqual({ none: 'failed' })
  })

  it('whose push service is silent has none for now, is not asked twice, and tells when it answers', async () => {
    const { push, manager, clock } = open()
    let answer: () => void = () => undefined
    manager.answer = () => new Promise((resolve) => (answer = resolve))
    let changes = 0
    push.onChange(() => (changes += 1))
    const asks = [push.find(SERVICES), push.find(SERVICES)]
    await settle()
    clock.advance(SUBSCRIBE_TIMEOUT_MS)
    expect(await Promise.all(asks)).toEqual([{ none: 'failed' }, { none: 'failed' }])
    expect([manager.subscribed, changes]).toEqual([1, 0])
    answer()
    await settle()
    expect(changes).toBeGreaterThan(0)
    expect(await push.find(SERVICES)).toMatchObject({ registrations: [{ token: 'https://push.example/1' }] })
  })

  it('hands on what its worker tells, also what came before somebody listened', () => {
    const { push, tell } = open()
    const came: ArrivedPush[] = []
    let changes = 0
    tell({ type: 'push', payload: MESSAGE, shown: true })
    tell({ type: 'push', payload: { ...MESSAGE, herald: 2 }, shown: true })
    tell({ type: 'open', inbox: true })
    tell(null)
    push.onPush((one) => came.push(one))
    push.onChange(() => (changes += 1))
    tell({ type: 'push', payload: JSON.stringify(MESSAGE), shown: false })
    tell({ type: 'pushChanged' })
    expect(came).toEqual([
      { payload: MESSAGE, shown: true },
      { payload: MESSAGE, shown: false },
    ])
    expect(changes).toBe(1)
  })

  it('shows what its worker offers when it is told that it may, and nothing that it cannot read', async () => {
    const { push, tell } = open()
    const came: ArrivedPush[] = []
    push.onPush((one) => came.push(one))
    const unread = new MessageChannel()
    let answers = 0
    unread.port1.onmessage = () => (answers += 1)
    tell({ type: 'pushOffer', payload: { ...MESSAGE, herald: 2 } }, [unread.port2])
    const { port1: worker, port2: port } = new MessageChannel()
    const answered = new Promise((resolve) => (worker.onmessage = resolve))
    tell({ type: 'pushOffer', payload: JSON.stringify(MESSAGE) }, [port])
    await answered
    expect([came, answers]).toEqual([[], 0])
    unread.port1.close()
    worker.postMessage('yours')
    await expect.poll(() => came).toEqual([{ payload: MESSAGE, shown: false }])
    worker.close()
  })

  it('keeps what its worker is not sure of until it is known for whom pushes are', async () => {
    const { push, tell } = open()
    const came: ArrivedPush[] = []
    push.onPush((one) => came.push(one))
    const unsure = { type: 'push', shown: false, unsure: true }
    const kept = (recipient: string) =>
      push.keep({ server: '', token: '', device: 'd', recipient, body: { app: 'herald' } as never })
    for (const to of ['recipient-of-me', 'recipient-of-another'])
      tell({ ...unsure, payload: { ...MESSAGE, to } })
    expect(came).toEqual([])
    await kept('recipient-of-me')
    expect(came).toMatchObject([{ payload: { to: 'recipient-of-me' }, shown: false }])
    // Another person signs in.
    tell({ ...unsure, payload: { ...MESSAGE, to: 'recipient-of-next' } })
    expect(came).toHaveLength(1)
    await kept('recipient-of-next')
    expect(came.map(({ payload }) => payload.to)).toEqual(['recipient-of-me', 'recipient-of-next'])
  })

  it('forgets the session and the subscription at the sign-out', async () => {
    const { push, manager } = open()
    await push.find(SERVICES)
    const deleted: string[] = []
    await forgetWebPush({
      container: { getRegistration: () => Promise.resolve({ pushManager: manager } as never) },
      caches: { delete: (name) => Promise.resolve(deleted.push(name) > 0) },
      scope: 'https://herald.example/app/',
      namespace: 'herald',
    })
    expect(deleted).toEqual(['herald-session'])
    expect(manager.gone).toEqual(['https://push.example/1'])
    await forgetWebPush({ container: undefined, caches: undefined, scope: '', namespace: 'herald' })
  })
})
