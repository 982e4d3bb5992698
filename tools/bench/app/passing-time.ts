import { until } from '../../../e2e/until'
import type { Phone } from 'uni-app-emulator'

/** An answer waits for the end of its step, and the next heartbeat counts from it: 250 ms are 1 % of one. */
const STEP_MS = 250

/** So long a real answer is waited for. Acks and states have none. */
const ANSWER_MS = 1_000

/** Whether there is a gateway that answers. */
export type Reach = 'online' | 'offline'

/**
 * Lets the phone's time pass without waiting for it. The gateway and the system take their real time: each step waits
 * until they have answered what was asked in it.
 */
export async function letPass(phone: Phone, ms: number, reach: Reach = 'online'): Promise<void> {
  const end = phone.clock.now() + ms
  while (phone.clock.now() < end) {
    const before = unanswered(phone)
    await phone.passTime(Math.min(STEP_MS, end - phone.clock.now()))
    const giveUpAt = Date.now() + ANSWER_MS
    const isQuiet =
      reach === 'offline'
        ? () => phone.sockets.live === 0
        : () => unanswered(phone) <= before || Date.now() > giveUpAt
    await until(isQuiet, 'the network is quiet')
  }
}

function unanswered(phone: Phone): number {
  const { framesSent, wakeUps } = phone.work()
  return framesSent - (wakeUps['socket message'] ?? 0)
}
