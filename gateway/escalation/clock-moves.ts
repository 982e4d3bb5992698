import type { ClockMove } from '../contracts/clock-marks'
import type { PushLedger } from '../contracts/push-ledger'
import type { Circuits } from './circuits'
import type { Escalation } from './escalation'
import type { MovingClock } from './steady-clock'

/** What was counted by the gateway's time. */
export interface CountedByClock {
  readonly pushes: Pick<PushLedger, 'shift'>
  readonly circuits: Pick<Circuits, 'shift'>
  readonly escalation: Pick<Escalation, 'settle'>
}

/**
 * When the gateway finds that its clock was ahead, what was counted by that clock is due as much earlier: nobody waits
 * for as long as the clock had been ahead. When it finds that it was behind, what is due then goes now, and nothing
 * is older than it was. To be called after the clock that they are counted by, which moves first.
 */
export function followMoves(
  clock: Pick<MovingClock, 'onMove'>,
  { pushes, circuits, escalation }: CountedByClock,
  onFault: (error: unknown) => void,
): void {
  async function goBack({ by, to }: ClockMove): Promise<void> {
    circuits.shift(by)
    // Twice: what was under way just then is stored by the clock of before.
    for (let time = 0; time < 2; time += 1) {
      await pushes.shift(by, to, to + by)
      await escalation.settle()
    }
  }
  clock.onMove((move) => {
    const moved = move.by < 0 ? goBack(move) : pushes.shift(move.by, move.to, move.to + move.by)
    moved.catch(onFault)
  })
}
