import { GatewayClock, type ClockFacts } from '../../../gateway/clock/gateway-clock'

export const BUILT = Date.parse('2026-03-01')
export const TODAY = Date.parse('2026-11-29')
export const DAY = 86_400_000

/** A machine whose owner may set its clock. */
export function openMachine(wall: number, facts: Partial<ClockFacts> = {}) {
  const time = { wall, elapsed: 5000, uptime: 90_000 }
  const clocks = { wall: () => time.wall, elapsed: () => time.elapsed, uptime: () => time.uptime }
  const clock = new GatewayClock({ built: BUILT, known: undefined, ...facts }, clocks)
  const pass = (ms: number): void => {
    for (const name of ['wall', 'elapsed', 'uptime'] as const) time[name] += ms
    clock.now()
  }
  return { time, clock, clocks, pass }
}
