import { verdictOf, type Delivery } from '@herald/protocol'
import { ownLanguage } from '@/locale'
import { deviceText } from '@/locale/devices'
import { pushText } from '@/locale/push'
import { fallSilent, hasMessage, speakAgain } from '@/sdk/test-alerts'
import { advised, inSeconds, LOOK_MS, realPorts, type TestPorts } from './test-alert'

/** One part of the way of a push, for a person. */
export interface Leg {
  readonly name: 'published' | 'pushed' | 'shown'
  readonly state: 'open' | 'done' | 'broken'
  readonly text: string
}

/** The gateway, this device and time, for tests to play. */
export interface PushTestPorts extends TestPorts {
  readonly silence: () => Promise<void>
  readonly speak: () => Promise<void>
  /** Whether this device has the message. */
  readonly has: (id: string) => Promise<boolean>
}

/** For so long the push may be on its way, in ms: a device that just let its socket go counts as gone after three seconds. */
const LIMIT_MS = 30_000

const devicePorts: PushTestPorts = { ...realPorts, silence: fallSilent, speak: speakAgain, has: hasMessage }

/**
 * Cuts this device off, sends it a test alert and tells how far the push has come, again whenever it has looked, until it is there,
 * a leg is broken or `tell` answers false. The device connects again in any case. Throws ApiError.
 */
export async function runPushTest(
  device: string,
  tell: (legs: readonly Leg[]) => boolean,
  ports: PushTestPorts = devicePorts,
): Promise<void> {
  await ports.silence()
  try {
    const id = await ports.send(ownLanguage())
    for (let waited = 0; ; waited += LOOK_MS) {
      // The device first: what it has by then was pushed before the gateway tells of it.
      const came = await ports.has(id)
      const { message, devices } = await ports.look(id)
      const own = devices.find((delivery) => delivery.device === device)
      const legs = legsOf({ own, published: message.time, waited, came })
      const isOver =
        legs.some(({ state }) => state === 'broken') || legs.every(({ state }) => state === 'done')
      if (!tell(legs) || isOver) return
      await ports.wait(LOOK_MS)
    }
  } finally {
    await ports.speak()
  }
}

interface Standing {
  readonly own: Delivery | undefined
  readonly published: number
  readonly waited: number
  readonly came: boolean
}

function legsOf(standing: Standing): Leg[] {
  const kept: Leg = { name: 'published', state: 'done', text: deviceText('devices.leg.kept') }
  const pushed = pushedLeg(standing)
  return [kept, pushed, ...(pushed.state === 'broken' ? [] : [shownLeg(standing)])]
}

function pushedLeg({ own, published, waited, came }: Standing): Leg {
  const leg = (state: Leg['state'], text: string): Leg => ({ name: 'pushed', state, text })
  const isLate = waited >= LIMIT_MS
  if (own === undefined)
    return isLate
      ? leg('broken', deviceText('devices.testNone'))
      : leg('open', deviceText('devices.leg.open'))
  const verdict = verdictOf(own, published, waited)
  switch (verdict.kind) {
    case 'pushed': {
      const service = pushText(`provider.${verdict.provider}`)
      return leg('done', pushText('test.pushed', { service, seconds: inSeconds(verdict.ms) }))
    }
    case 'arrived':
      return leg('broken', deviceText('devices.leg.connected'))
    case 'silent':
      return leg('broken', advised(pushText(`reason.${verdict.reason}`), verdict.reason))
    case 'waiting': {
      const reason = pushText(`reason.${verdict.reason}`)
      if (!isLate || came) return leg('open', reason)
      const late = deviceText('devices.leg.late', { seconds: LIMIT_MS / 1000, reason })
      return leg('broken', advised(late, verdict.reason))
    }
  }
}

function shownLeg({ waited, came }: Standing): Leg {
  if (came) return { name: 'shown', state: 'done', text: deviceText('devices.leg.came') }
  return waited >= LIMIT_MS
    ? { name: 'shown', state: 'broken', text: deviceText('devices.leg.lost', { seconds: LIMIT_MS / 1000 }) }
    : { name: 'shown', state: 'open', text: deviceText('devices.leg.open') }
}
