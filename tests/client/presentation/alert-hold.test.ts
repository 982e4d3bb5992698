import { describe, expect, it } from 'vitest'
import { SETTLE_MS, AlertHold, FREEZE_GAP_MS, TICK_MS } from '@/services/presentation/alert-hold'
import { LEADER_ANSWER_MS } from '@/services/tabs/leader-watch'
import { FakeClock, settle } from '../fake-clock'

/** The gateway's default. */
const FOREGROUND_DEADLINE_MS = 8_000

function running(appState: 'foreground' | 'background' = 'foreground', isAlone = true) {
  const clock = new FakeClock()
  const hold = new AlertHold(clock, () => isAlone)
  hold.start(appState)
  return { clock, hold }
}

async function waits({ clock, hold }: ReturnType<typeof running>): Promise<number> {
  const settling = hold.settling()
  if (!settling) return 0
  const start = clock.now()
  let ms = Infinity
  void settling.then(() => (ms = clock.now() - start))
  for (let step = 0; step < 12; step += 1) {
    clock.advance(50)
    await settle()
  }
  return ms
}

describe('alerts', () => {
  it('go at once in the foreground, for as long as it runs', async () => {
    const app = running()
    expect(await waits(app)).toBe(0)
    app.clock.advance(10 * TICK_MS)
    expect(await waits(app)).toBe(0)
  })

  it('wait in the background, where the app may have been frozen at any moment', async () => {
    const app = running('background')
    expect(await waits(app)).toBe(SETTLE_MS)
    app.clock.advance(60_000)
    expect(await waits(app)).toBe(SETTLE_MS)
  })

  it('wait for a moment after the return to the foreground', async () => {
    const app = running('background')
    app.hold.appStateChanged('foreground')
    expect(await waits(app)).toBe(SETTLE_MS)
    expect(await waits(app)).toBe(0)
  })

  it('wait after a freeze in which another tab can have taken the lead, when there is one', async () => {
    const tab = running('foreground', false)
    tab.clock.advance(10 * TICK_MS)
    expect(await waits(tab)).toBe(0)
    tab.clock.freeze(LEADER_ANSWER_MS)
    expect(await waits(tab)).toBe(SETTLE_MS)
    const alone = running('foreground')
    alone.clock.freeze(LEADER_ANSWER_MS)
    expect(await waits(alone)).toBe(0)
  })

  it('wait anew when the app was frozen while they waited', async () => {
    const { clock, hold } = running('background')
    let settled = false
    void hold.settling()?.then(() => (settled = true))
    clock.freeze(LEADER_ANSWER_MS)
    await settle()
    expect(settled).toBe(false)
    clock.advance(SETTLE_MS)
    await settle()
    expect(settled).toBe(true)
  })

  it('wait after a freeze that no event told of, whether the timer or the socket is the first to run', async () => {
    const timerFirst = running()
    timerFirst.clock.freeze(FREEZE_GAP_MS + TICK_MS)
    expect(await waits(timerFirst)).toBe(SETTLE_MS)
    expect(await waits(timerFirst)).toBe(0)
    const socketFirst = running()
    socketFirst.clock.setWallClock(FREEZE_GAP_MS)
    expect(await waits(socketFirst)).toBe(SETTLE_MS)
    expect(await waits(socketFirst)).toBe(0)
  })

  it('wait after each freeze in which the gateway gives up waiting for an ack, whenever it begins', async () => {
    for (let into = 0; into < TICK_MS; into += 500) {
      const app = running()
      app.clock.advance(into)
      app.clock.freeze(FOREGROUND_DEADLINE_MS)
      expect(await waits(app), `frozen ${String(into)} ms after a look`).toBe(SETTLE_MS)
    }
  })

  it('wait no longer than that when the clock is set back', async () => {
    const app = running('background')
    app.hold.appStateChanged('foreground')
    app.clock.setWallClock(-3_600_000)
    expect(await waits(app)).toBeLessThanOrEqual(SETTLE_MS)
  })

  it('that wait never go after a sign-out, and no timer is left', async () => {
    const app = running()
    app.hold.appStateChanged('background')
    const waiting = waits(app)
    app.hold.stop()
    expect(await waiting).toBe(Infinity)
    app.hold.appStateChanged('foreground')
    expect(app.clock.pending).toBe(0)
  })
})
