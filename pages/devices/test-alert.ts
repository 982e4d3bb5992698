import {
  adviceOf,
  verdictOf,
  type Deliveries,
  type Delivery,
  type DeliveryReason,
  type Verdict,
} from '@herald/protocol'
import { ownLanguage } from '@/locale'
import { pushText } from '@/locale/push'
import { lookAtTest, sendTest } from '@/sdk/test-alerts'
import { failureText } from '../shell/failure'

/** How a test alert reached one device, for a person. */
export interface TestLine {
  readonly key: string
  readonly platform: string
  /** Whether it is the device that asks. */
  readonly own: boolean
  readonly text: string
  /** Whether more may come. */
  readonly open: boolean
}

/** The gateway and time, for tests to play. */
export interface TestPorts {
  readonly send: (language: 'en' | 'zh-Hans') => Promise<string>
  readonly look: (id: string) => Promise<Pick<Deliveries, 'message' | 'devices'>>
  readonly wait: (ms: number) => Promise<void>
}

export const LOOK_MS = 400
/** Twenty seconds: longer than the deadline of an ack, and the push that comes then. */
const MAX_LOOKS = 50

export const realPorts: TestPorts = {
  send: sendTest,
  look: lookAtTest,
  wait: (ms) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms)
    }),
}

/**
 * Sends a test alert and tells how it reached each device, again whenever it has looked, until nothing more is to come, the time
 * is over or `tell` answers false. Throws ApiError.
 */
export async function runTest(
  device: string,
  tell: (lines: readonly TestLine[]) => boolean,
  { send, look, wait }: TestPorts = realPorts,
): Promise<void> {
  const id = await send(ownLanguage())
  for (let looks = 1; ; looks++) {
    const { message, devices } = await look(id)
    const lines = devices.map((delivery) =>
      testLine(delivery, verdictOf(delivery, message.time, (looks - 1) * LOOK_MS), device),
    )
    if (!tell(lines) || !lines.some(({ open }) => open) || looks === MAX_LOOKS) return
    await wait(LOOK_MS)
  }
}

/** What to say when a test could not be sent or looked after. */
export function testFault(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : ''
  return code === 'not_found' || code === 'method_not_allowed' ? pushText('delivery.old') : failureText(error)
}

function testLine(delivery: Delivery, verdict: Verdict, own: string): TestLine {
  return {
    key: delivery.device,
    platform: pushText(`platform.${delivery.platform}`),
    own: delivery.device === own,
    text: verdictText(verdict),
    open: verdict.kind === 'waiting',
  }
}

function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'arrived':
      return verdict.ms === null
        ? pushText('test.arrived')
        : pushText('test.arrivedAfter', { seconds: inSeconds(verdict.ms) })
    case 'pushed':
      return pushText('test.pushed', {
        service: pushText(`provider.${verdict.provider}`),
        seconds: inSeconds(verdict.ms),
      })
    case 'waiting':
      return pushText('test.waiting', { reason: pushText(`reason.${verdict.reason}`) })
    case 'silent':
      return advised(
        pushText('test.silent', { reason: pushText(`reason.${verdict.reason}`) }),
        verdict.reason,
      )
  }
}

/** A sentence, and what to do about the reason that it names. */
export function advised(text: string, reason: DeliveryReason): string {
  const advice = adviceOf(reason)
  return advice === undefined
    ? text
    : pushText('test.advised', { text, advice: pushText(`advice.${advice}`) })
}

export const inSeconds = (ms: number): string => (ms / 1000).toFixed(1)
