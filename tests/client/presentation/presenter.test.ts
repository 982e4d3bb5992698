import type { AppState, Message } from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BANNER_MIN_MS, BANNER_MS } from '@/services/presentation/banner-queue'
import { Presenter } from '@/services/presentation/presenter'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import type { AlertSettings } from '@/services/presentation/presentation'
import { SUMMARY_INTERVAL_MS } from '@/services/presentation/summary-line'
import { settle } from '../fake-clock'
import { FakeBanner, FakeTone, FakeTray, HandClock, LOUD, message, messages } from './fixtures'

const LIVE = { catchUp: false }
const CATCH_UP = { catchUp: true }

function open(start: { appState?: AppState; settings?: AlertSettings; muted?: readonly string[] } = {}) {
  const app = {
    state: start.appState ?? 'foreground',
    settings: start.settings ?? LOUD,
    read: new Set<string>(),
    reports: [] as unknown[],
  }
  const banner = new FakeBanner()
  const tray = new FakeTray()
  const tone = new FakeTone()
  const clock = new HandClock()
  const ledger = new PresentedLedger()
  const presenter = new Presenter({
    ledger,
    banner,
    system: tray,
    tone,
    clock,
    settings: () => app.settings,
    appState: () => app.state,
    isMuted: (feed) => start.muted?.includes(feed) ?? false,
    isRead: ({ id }) => app.read.has(id),
    report: (error) => {
      app.reports.push(error)
    },
  })
  return { app, banner, tray, tone, clock, ledger, presenter }
}

describe('a message that arrives', () => {
  it('is a banner with sound in the foreground', async () => {
    const { banner, tray, tone, presenter } = open()
    await presenter.present([message(1)], LIVE)
    expect(banner.current).toEqual({ kind: 'message', message: message(1) })
    expect(tone.played).toEqual([{ tone: { sound: true, vibration: true }, priority: 3 }])
    expect(tray.notified).toEqual([])
  })

  it('is a system notification in the background, as loud as the settings say', async () => {
    const { banner, tray, tone, presenter } = open({
      appState: 'background',
      settings: { ...LOUD, sound: false, preview: false },
    })
    await presenter.present([message(1)], LIVE)
    expect(tray.notified).toEqual([
      {
        alert: { kind: 'message', message: message(1) },
        options: { sound: false, vibration: true, preview: false },
      },
    ])
    expect(banner.shown).toEqual([])
    expect(tone.played).toEqual([])
  })

  it('is shown once, whichever way it comes again', async () => {
    const { banner, ledger, presenter } = open()
    ledger.note('shown', [message(2).id])
    await presenter.present([message(1), message(2)], LIVE)
    await presenter.present([message(1), message(2)], CATCH_UP)
    expect(banner.shown).toEqual([{ kind: 'message', message: message(1) }])
  })

  it('that is older than the sign-in is in the list in silence, and stays silent', async () => {
    const { banner, tray, presenter } = open()
    await presenter.present([message(1), message(2)], { catchUp: true, backlog: true })
    await presenter.present([message(1), message(2)], LIVE)
    expect(banner.shown).toEqual([])
    expect(tray.notified).toEqual([])
  })

  it('that came behind what was read after it is shown, though it counts as read', async () => {
    const { app, banner, presenter } = open()
    app.read.add(message(1).id).add(message(2).id)
    await presenter.present([message(1)], { catchUp: true, evenRead: true })
    await presenter.present([message(2)], CATCH_UP)
    expect(banner.shown).toEqual([{ kind: 'message', message: message(1) }])
  })

  it('that was silent in quiet hours is not shown later', async () => {
    const { app, banner, presenter } = open({
      settings: { ...LOUD, quietHours: { enabled: true, from: '00:00', to: '00:00' } },
    })
    await presenter.present([message(1)], LIVE)
    app.settings = LOUD
    await presenter.present([message(1)], CATCH_UP)
    expect(banner.shown).toEqual([])
  })

  it('makes no sound at priority 2', async () => {
    const { banner, tone, presenter } = open()
    await presenter.present([message(1, { priority: 2 })], LIVE)
    expect(banner.shown).toHaveLength(1)
    expect(tone.played).toEqual([])
  })

  it('sounds once in a burst, and again for something more urgent', async () => {
    const { clock, tone, presenter } = open()
    await presenter.present([message(1), message(2)], LIVE)
    await presenter.present([message(3, { priority: 5 })], LIVE)
    clock.advance(5000)
    await presenter.present([message(4)], LIVE)
    expect(tone.played.map(({ priority }) => priority)).toEqual([3, 5, 3])
  })

  it('of priority 4 is as loud in the tray as it should be, in a burst too: a silent one would lie below', async () => {
    const { tray, presenter } = open({ appState: 'background' })
    await presenter.present([message(1, { priority: 4 })], LIVE)
    await presenter.present([message(2, { priority: 4 })], LIVE)
    await presenter.present([message(3)], LIVE)
    expect(tray.notified.map(({ options }) => options.sound)).toEqual([true, true, false])
  })

  it('is in the list all the same when the platform fails', async () => {
    const { app, tray, presenter } = open({ appState: 'background' })
    tray.fault = new Error('no service')
    await presenter.present([message(1)], LIVE)
    expect(app.reports).toEqual([tray.fault])
  })

  it('can be tried out whatever the settings decide', async () => {
    const { banner, tray, presenter } = open({ settings: { ...LOUD, notifications: false } })
    await presenter.test(message(1))
    expect(banner.shown).toHaveLength(1)
    expect(tray.notified).toHaveLength(1)
  })
})

describe('many messages', () => {
  it('of a catch-up are one summary', async () => {
    const { banner, tray, tone, presenter } = open({ appState: 'background' })
    await presenter.present(messages(1, 37), CATCH_UP)
    expect([...tray.lying.keys()]).toEqual(['summary'])
    expect(tray.notified).toMatchObject([
      { alert: { kind: 'summary', count: 37, newest: { seq: 37 } }, options: { sound: true } },
    ])
    expect(banner.shown).toEqual([])
    expect(tone.played).toEqual([])
  })

  it('of a catch-up of three are shown one by one', async () => {
    const { tray, presenter } = open({ appState: 'background' })
    await presenter.present(messages(1, 3), CATCH_UP)
    expect(tray.lying.size).toBe(3)
  })

  it('count what alerts only: muted and read ones do not', async () => {
    const { app, tray, presenter } = open({ appState: 'background', muted: ['topic:noise'] })
    app.read.add(message(1).id)
    await presenter.present([...messages(1, 3), ...messages(10, 50, { feed: 'topic:noise' })], CATCH_UP)
    expect([...tray.lying.keys()]).toEqual([message(2).id, message(3).id])
  })

  it('that keep coming change the summary in place, at a bounded rate and in silence', async () => {
    const { clock, tray, presenter } = open({ appState: 'background' })
    for (let at = 0; at < 100; at++) {
      await presenter.present([message(at)], LIVE)
      clock.advance(50)
    }
    clock.advance(SUMMARY_INTERVAL_MS)
    await settle()
    expect([...tray.lying.keys()]).toEqual(['summary'])
    expect(tray.lying.get('summary')).toMatchObject({ count: 100 })
    const summaries = tray.notified.filter(({ alert }) => alert.kind === 'summary')
    expect(summaries.length).toBeLessThanOrEqual(7)
    expect(tray.notified.filter(({ options }) => options.sound)).toHaveLength(1)
  })

  it('change the banner in place, which goes when they end', async () => {
    const { banner, clock, presenter } = open()
    await presenter.present(messages(1, 10), LIVE)
    clock.advance(1500)
    await presenter.present(messages(11, 10), LIVE)
    expect(banner.current).toMatchObject({ kind: 'summary', count: 20 })
    clock.advance(BANNER_MS)
    expect(banner.current).toBeNull()
    await presenter.present(messages(21, 5), LIVE)
    expect(banner.current).toMatchObject({ count: 5 })
  })

  it('sound again when something more urgent is among them', async () => {
    const { tray, presenter } = open({ appState: 'background' })
    await presenter.present(messages(1, 5), LIVE)
    await presenter.present([message(6, { priority: 5 })], LIVE)
    await presenter.present([message(7, { priority: 5 })], LIVE)
    expect(tray.notified.map(({ options }) => options.sound)).toEqual([true, true])
    expect(tray.lying.get('summary')).toMatchObject({ count: 6 })
  })

  it('of a second flood add to the summary that still lies in the tray', async () => {
    const { app, clock, tray, presenter } = open({ appState: 'background' })
    await presenter.present(messages(1, 37), LIVE)
    clock.advance(60_000)
    await presenter.present(messages(101, 5), LIVE)
    expect(tray.lying.get('summary')).toMatchObject({ count: 42 })
    app.state = 'foreground'
    await presenter.appStateChanged('foreground')
    expect(tray.lying.size).toBe(0)
    app.state = 'background'
    clock.advance(60_000)
    await presenter.present(messages(201, 5), LIVE)
    expect(tray.lying.get('summary')).toMatchObject({ count: 5 })
  })
})

describe('what was read', () => {
  it('leaves the banner and the tray', async () => {
    const { app, banner, tray, presenter } = open()
    await presenter.present([message(1)], LIVE)
    app.state = 'background'
    await presenter.present([message(2)], LIVE)
    await presenter.closeMessages([message(1).id, message(2).id])
    expect(banner.current).toBeNull()
    expect(tray.lying.size).toBe(0)
  })

  it('takes the summary along with its last unread message', async () => {
    const { tray, presenter } = open({ appState: 'background' })
    await presenter.present(messages(1, 5), LIVE)
    await presenter.closeMessages(messages(1, 4).map(({ id }) => id))
    expect(tray.lying.size).toBe(1)
    await presenter.closeMessages([message(5).id])
    expect(tray.lying.size).toBe(0)
  })
})

describe('an app that leaves', () => {
  it('leaves only the summary of a flood whose batches come faster than the tray takes them', async () => {
    const { tray, presenter } = open({ appState: 'background' })
    let go = (): void => undefined
    tray.answer = new Promise((resolve) => (go = resolve))
    const batches = [1, 2, 3, 4, 5, 6].map((id) => presenter.present([message(id)], LIVE))
    await settle()
    go()
    await Promise.all(batches)
    expect([...tray.lying.keys()]).toEqual(['summary'])
    expect(tray.lying.get('summary')).toMatchObject({ kind: 'summary', count: 4 })
  })

  it('is not held up for ever by a platform that never answers', async () => {
    const { tray, clock, presenter } = open({ appState: 'background' })
    tray.answer = new Promise(() => undefined)
    const first = presenter.present([message(1)], LIVE)
    await settle()
    tray.answer = Promise.resolve()
    const second = presenter.present([message(2)], LIVE)
    await settle()
    expect(tray.notified).toEqual([])
    clock.advance(5_000)
    await Promise.all([first, second])
    expect([...tray.lying.keys()]).toEqual([message(2).id])
  })

  it('moves banners that nobody can have read into the tray', async () => {
    const { app, banner, tray, clock, presenter } = open()
    await presenter.present(messages(1, 3), LIVE)
    clock.advance(BANNER_MIN_MS)
    app.state = 'background'
    await presenter.appStateChanged('background')
    expect(banner.current).toBeNull()
    expect([...tray.lying.keys()]).toEqual([message(2).id, message(3).id])
  })

  it('leaves nothing of the user behind at sign-out, and no timer', async () => {
    const { app, banner, clock, tray, presenter } = open()
    await presenter.present(messages(1, 2), LIVE)
    app.state = 'background'
    await presenter.present(messages(3, 5), LIVE)
    await presenter.present([message(8)], LIVE)
    await presenter.clear()
    expect(banner.current).toBeNull()
    expect(tray.lying.size).toBe(0)
    expect(clock.timers).toBe(0)
  })
})

type Step =
  | { do: 'present'; ids: number[]; catchUp: boolean }
  | { do: 'wait'; ms: number }
  | { do: 'state'; state: AppState }
  | { do: 'read'; id: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('present' as const),
    ids: fc.array(fc.nat(30), { maxLength: 8 }),
    catchUp: fc.boolean(),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.nat(4000) }),
  fc.record({
    do: fc.constant('state' as const),
    state: fc.constantFrom<AppState>('foreground', 'background'),
  }),
  fc.record({ do: fc.constant('read' as const), id: fc.nat(30) }),
)

/** Every third message is of a muted feed. */
const anyMessage = (number: number): Message =>
  message(number, { feed: number % 3 === 0 ? 'topic:noise' : 'all' })

describe('whatever happens', () => {
  it('no message alerts twice, no muted one at all, and at the end nothing shows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { app, banner, tray, clock, presenter } = open({ muted: ['topic:noise'] })
        for (const one of steps) {
          if (one.do === 'present') await presenter.present(one.ids.map(anyMessage), { catchUp: one.catchUp })
          else if (one.do === 'wait') clock.advance(one.ms)
          else if (one.do === 'read') {
            app.read.add(message(one.id).id)
            await presenter.closeMessages([message(one.id).id])
          } else {
            app.state = one.state
            await presenter.appStateChanged(one.state)
          }
        }
        clock.advance(60_000)
        const notified = tray.notified.map(({ alert }) => alert)
        const alerts = [...banner.shown, ...notified]
        // A banner that was cut short by the app's leaving goes on in the tray; on one surface nothing comes twice.
        for (const surface of [banner.shown, notified]) {
          const singles = surface.flatMap((alert) => (alert.kind === 'message' ? [alert.message.id] : []))
          expect(new Set(singles).size).toBe(singles.length)
        }
        expect(
          alerts.filter((alert) => alert.kind === 'message' && alert.message.feed === 'topic:noise'),
        ).toEqual([])
        expect(
          alerts.filter((alert) => alert.kind === 'summary' && alert.feeds.includes('topic:noise')),
        ).toEqual([])
        expect(banner.current).toBeNull()
        await presenter.clear()
        expect(tray.lying.size).toBe(0)
        expect(clock.timers).toBe(0)
      }),
      { numRuns: 200 },
    )
  })
})
