import type { AppState } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { MAX_RETRY_MS, RETRY_MS } from '@/services/presentation/pending-alerts'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { Presenter } from '@/services/presentation/presenter'
import { settle } from '../fake-clock'
import { FakeBanner, FakeTone, FakeTray, HandClock, LOUD, message, messages } from './fixtures'

const LIVE = { catchUp: false }
const idsOf = (many: readonly { id: string }[]): string[] => many.map(({ id }) => id)

function open() {
  const app = { state: 'background' as AppState, reports: 0 }
  const [banner, tray, clock] = [new FakeBanner(), new FakeTray(), new HandClock()]
  const presenter = new Presenter({
    ledger: new PresentedLedger(),
    banner,
    system: tray,
    tone: new FakeTone(),
    clock,
    settings: () => LOUD,
    appState: () => app.state,
    isMuted: () => false,
    isRead: () => false,
    report: () => (app.reports += 1),
  })
  /** Whether the device may say that these were shown. */
  const tellShown = (ids: readonly string[]) => {
    const told = { shown: false }
    void presenter.shown(ids).then(() => (told.shown = true))
    return told
  }
  const pass = async (ms: number): Promise<void> => {
    clock.advance(ms)
    await settle()
  }
  return { app, banner, tray, clock, presenter, tellShown, pass }
}

describe('a notification that the platform refuses', () => {
  it('is not shown: it is tried again until it is, and only then may be acked', async () => {
    const { app, tray, presenter, tellShown, pass } = open()
    tray.fault = new Error('content is required')
    await presenter.present([message(1)], LIVE)
    const told = tellShown([message(1).id])
    await pass(RETRY_MS)
    expect([app.reports, told.shown]).toEqual([2, false])
    tray.fault = null
    await pass(2 * RETRY_MS)
    expect([...tray.lying.keys()]).toEqual([message(1).id])
    expect(told.shown).toBe(true)
  })

  it('keeps no later one back, and is asked for slower and slower', async () => {
    const { app, tray, clock, presenter, pass } = open()
    tray.fault = new Error('refused')
    await presenter.present([message(1)], LIVE)
    for (let at = 0; at < 600; at++) await pass(1_000)
    expect(app.reports).toBeLessThan(10 + 600_000 / MAX_RETRY_MS)
    expect(clock.timers).toBe(1)
  })

  it.each(['is read elsewhere', 'is shown by a push', 'signs out'])(
    'is not tried any more when it %s',
    async (what) => {
      const { tray, clock, presenter, tellShown, pass } = open()
      tray.fault = new Error('refused')
      await presenter.present([message(1)], LIVE)
      const told = tellShown([message(1).id])
      if (what === 'is read elsewhere') await presenter.closeMessages([message(1).id])
      else if (what === 'is shown by a push') presenter.settle([message(1).id])
      else await presenter.clear()
      tray.fault = null
      await pass(MAX_RETRY_MS)
      expect(told.shown).toBe(true)
      expect(tray.notified).toEqual([])
      expect(clock.timers).toBe(0)
    },
  )

  it('is a banner when the user comes back first', async () => {
    const { app, banner, tray, presenter, tellShown, pass } = open()
    tray.fault = new Error('refused')
    await presenter.present([message(1)], LIVE)
    const told = tellShown([message(1).id])
    app.state = 'foreground'
    await presenter.appStateChanged('foreground')
    await settle()
    expect(banner.current).toEqual({ kind: 'message', message: message(1) })
    expect(told.shown).toBe(true)
    await pass(MAX_RETRY_MS)
    expect(tray.notified).toEqual([])
  })

  it('becomes one line with the others, and not a flood', async () => {
    const { tray, presenter, tellShown, pass } = open()
    tray.fault = new Error('refused')
    for (const one of messages(1, 5)) {
      await presenter.present([one], LIVE)
      await pass(3_000)
    }
    const told = tellShown(idsOf(messages(1, 5)))
    tray.fault = null
    await pass(MAX_RETRY_MS)
    expect(tray.notified).toMatchObject([
      { alert: { kind: 'summary', count: 4 } },
      { alert: { message: message(5) } },
    ])
    expect(told.shown).toBe(true)
  })

  it('that is a summary is tried again as it is', async () => {
    const { tray, presenter, tellShown, pass } = open()
    tray.fault = new Error('refused')
    await presenter.present(messages(1, 9), LIVE)
    const told = tellShown(idsOf(messages(1, 9)))
    tray.fault = null
    await pass(RETRY_MS)
    expect(tray.notified).toMatchObject([{ alert: { kind: 'summary', count: 9 } }])
    expect(told.shown).toBe(true)
  })
})
