import { describe, expect, it } from 'vitest'
import type { DeviceAnswer, DeviceBody } from '@herald/protocol'
import { ApiError } from '@/services/api/api-error'
import type { FoundTokens, PushView } from '@/services/push/push-port'
import { Registrar, RENEW_MS, REST_MS, RETRY_BASE_MS, RETRY_CAP_MS } from '@/services/push/registrar'
import { defaultSettings, type Settings } from '@/services/storage/settings'
import { FakeClock, settle } from '../fake-clock'

const TOKEN = {
  provider: 'unipush',
  app: 'app',
  environment: 'production',
  kind: 'alert',
  token: 'cid',
} as const
const found: FoundTokens = { registrations: [TOKEN] }

function open(start: { tokens?: FoundTokens; on?: boolean } = {}) {
  const clock = new FakeClock()
  const sent: DeviceBody[] = []
  const views: PushView[] = []
  const app = {
    tokens: start.tokens ?? found,
    settings: defaultSettings,
    fault: null as ApiError | null,
    hold: null as Promise<void> | null,
  }
  const registrar = new Registrar({
    push: { find: () => Promise.resolve(app.tokens) },
    clock,
    random: () => 1,
    log: () => undefined,
    device: () => ({ id: 'device-0001', platform: 'android', app: '1.0', locale: 'de', timeZone: 'UTC' }),
    settings: () => app.settings,
    services: () =>
      app.fault ? Promise.reject(app.fault) : Promise.resolve({ providers: [], webPush: null }),
    register: async (body) => {
      sent.push(body)
      await app.hold
      const push = body.push.map(({ provider }) => ({ provider, on: start.on ?? true }))
      return { device: 'device-0001', recipient: 'recipient', push } satisfies DeviceAnswer
    },
    onRegistered: () => undefined,
    onView: (view) => views.push(view),
  })
  const set = (patch: Partial<Settings>): void => {
    app.settings = { ...app.settings, ...patch }
    registrar.changed()
  }
  return { app, clock, sent, views, registrar, set }
}

describe('a device', () => {
  it('tells the gateway at the start what it is, how it is set and how to ring it', async () => {
    const { registrar, sent, views, app } = open()
    app.settings = {
      ...app.settings,
      language: 'zh-Hans',
      quietHours: { enabled: true, from: '22:00', to: '07:00' },
    }
    registrar.start()
    await settle()
    expect(sent).toEqual([
      {
        platform: 'android',
        app: '1.0',
        locale: 'zh-Hans',
        timeZone: 'UTC',
        notifications: true,
        preview: true,
        sound: true,
        quietHours: { from: '22:00', to: '07:00' },
        push: [TOKEN],
      },
    ])
    expect(views).toEqual([{ provider: 'unipush' }])
  })

  it('tells once when several settings are changed one after another', async () => {
    const { registrar, sent, set, clock } = open()
    registrar.start()
    await settle()
    set({ preview: false })
    clock.advance(REST_MS / 2)
    set({ sound: false })
    clock.advance(REST_MS)
    await settle()
    expect(sent).toHaveLength(2)
    expect(sent[1]).toMatchObject({ preview: false, sound: false })
  })

  it('tells what changed while it was telling, after that', async () => {
    const { registrar, sent, set, app } = open()
    let release: () => void = () => undefined
    app.hold = new Promise((resolve) => (release = resolve))
    registrar.start()
    await settle()
    set({ preview: false })
    release()
    await settle()
    expect(sent.map(({ preview }) => preview)).toEqual([true, false])
  })

  it('tells once a day when nothing happens, though timers were frozen', async () => {
    const { registrar, sent, clock } = open()
    registrar.start()
    await settle()
    clock.advance(RENEW_MS - 1)
    await settle()
    registrar.awake()
    expect(sent).toHaveLength(1)
    clock.advance(1)
    await settle()
    expect(sent).toHaveLength(2)
    clock.setWallClock(RENEW_MS)
    registrar.awake()
    await settle()
    expect(sent).toHaveLength(3)
  })

  it('tries again slower and slower without a network, and at once when it is back', async () => {
    const { registrar, sent, clock, app } = open()
    app.fault = new ApiError('server_unreachable', true)
    registrar.start()
    await settle()
    for (let failure = 0; failure < 12; failure += 1) {
      clock.advance(Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** failure) - 1)
      await settle()
      expect(clock.pending).toBe(1)
      clock.advance(1)
      await settle()
    }
    app.fault = null
    registrar.awake()
    await settle()
    expect(sent).toHaveLength(1)
    expect(clock.pending).toBe(1)
  })

  it('leaves a gateway alone that knows no push, and says so', async () => {
    const { registrar, views, clock, app } = open()
    app.fault = new ApiError('not_found', false)
    registrar.start()
    await settle()
    expect(views).toEqual([{ none: 'old_server' }])
    app.fault = null
    clock.advance(RENEW_MS - 1)
    await settle()
    expect(views).toHaveLength(1)
  })

  it('asks again for a token that is on its way', async () => {
    const { registrar, sent, views, clock, app } = open({ tokens: { none: 'pending' } })
    registrar.start()
    await settle()
    app.tokens = found
    clock.advance(RETRY_BASE_MS)
    await settle()
    expect(sent.map(({ push }) => push.length)).toEqual([0, 1])
    expect(views).toEqual([{ none: 'pending' }, { provider: 'unipush' }])
  })

  it('tells nothing after the sign-out, whatever was under way', async () => {
    const { registrar, sent, views, clock, app } = open()
    let release: () => void = () => undefined
    app.hold = new Promise((resolve) => (release = resolve))
    registrar.start()
    await settle()
    registrar.stop()
    release()
    await settle()
    registrar.changed()
    registrar.awake()
    clock.advance(2 * RENEW_MS)
    await settle()
    expect([sent.length, views, clock.pending]).toEqual([1, [], 0])
  })
})

describe('what a person is told', () => {
  it.each([
    ['no credentials on the gateway', { on: false }, {}, { none: 'server' }],
    ['switched off here', {}, { notifications: false }, { none: 'off' }],
    ['no permission', { tokens: { none: 'permission' } as const }, {}, { none: 'permission' }],
  ])('%s', async (_, start, settings, view) => {
    const { registrar, views, app } = open(start)
    app.settings = { ...app.settings, ...settings }
    registrar.start()
    await settle()
    expect(views).toEqual([view])
  })
})
