import { beforeEach, describe, expect, it } from 'vitest'
import type { Delivery } from '@herald/protocol'
import { setLanguage } from '@/locale'
import { runTest, testFault, type TestLine, type TestPorts } from '@/pages/devices/test-alert'
import { ApiError } from '@/services/api/api-error'

const AT = 1_700_000_000_000
const message = { id: 'm-1', feed: 'user:ann', seq: 3, time: AT }

const device = (id: string, standing: Partial<Delivery>): Delivery => ({
  user: 'ann',
  device: id,
  platform: 'h5',
  state: 'waiting',
  reason: 'awaiting_ack',
  next: null,
  events: [],
  ...standing,
})

const arrived = device('here', {
  state: 'acked',
  reason: 'acked',
  events: [{ time: AT + 120, reason: 'acked' }],
})

interface PlayedGateway {
  readonly ports: TestPorts
  /** The languages of the tests that were sent. */
  readonly sent: string[]
  /** How often somebody waited to look again. */
  waits: number
}

/** A gateway that says these of the devices, one after the other, and the last for ever. */
function gatewayThat(...pages: Delivery[][]): PlayedGateway {
  let looked = 0
  const played: PlayedGateway = {
    sent: [],
    waits: 0,
    ports: {
      send: (language) => {
        played.sent.push(language)
        return Promise.resolve('m-1')
      },
      look: () => {
        const devices = pages[Math.min(looked, pages.length - 1)] ?? []
        looked += 1
        return Promise.resolve({ message, devices })
      },
      wait: () => {
        played.waits += 1
        return Promise.resolve()
      },
    },
  }
  return played
}

async function told({ ports }: PlayedGateway, tell: (lines: readonly TestLine[]) => boolean = () => true) {
  const all: (readonly TestLine[])[] = []
  await runTest(
    'here',
    (lines) => {
      all.push(lines)
      return tell(lines)
    },
    ports,
  )
  return all
}

beforeEach(() => {
  setLanguage('en')
})

describe('a test alert', () => {
  it('speaks the language of the app', async () => {
    setLanguage('zh-Hans')
    const gateway = gatewayThat([])
    await runTest('here', () => true, gateway.ports)
    expect(gateway.sent).toEqual(['zh-Hans'])
  })

  it('is told of each device until nothing more is to come', async () => {
    const phone = {
      platform: 'ios',
      events: [{ time: AT + 8040, reason: 'accepted', provider: 'apns' }],
    } as const
    const gateway = gatewayThat(
      [device('here', {}), device('phone', { platform: 'ios' })],
      [arrived, device('phone', { platform: 'ios', reason: 'other_device_active' })],
      [arrived, device('phone', { ...phone, state: 'pushed', reason: 'accepted' })],
    )
    const all = await told(gateway)
    expect(all.map((lines) => lines.map(({ own, text }) => [own, text]))).toEqual([
      [
        [true, 'Not yet: Waiting for the app to acknowledge it.'],
        [false, 'Not yet: Waiting for the app to acknowledge it.'],
      ],
      [
        [true, 'Arrived over the connection after 0.1 s.'],
        [false, 'Not yet: Waiting: the user is active on another device.'],
      ],
      [
        [true, 'Arrived over the connection after 0.1 s.'],
        [false, 'Apple (APNs) accepted the push after 8.0 s.'],
      ],
    ])
    expect(gateway.waits).toBe(2)
  })

  it('says why a device stays silent, and what to do', async () => {
    const all = await told(gatewayThat([device('here', { state: 'none', reason: 'no_registration' })]))
    expect(all[0]?.[0]?.text).toBe('Not yet: Waiting for the app to acknowledge it.')
    expect(all.at(-1)?.[0]?.text).toBe(
      'No alert: The device is not registered with any push service. On that device, allow notifications for Herald, and open it once.',
    )
  })

  it('is not looked after any more when nobody wants to know', async () => {
    const gateway = gatewayThat([device('here', {})])
    await told(gateway, () => false)
    expect(gateway.waits).toBe(0)
  })

  it('is given up when the push never comes', async () => {
    const gateway = gatewayThat([device('here', {})])
    const all = await told(gateway)
    expect(all.length).toBe(50)
    expect(all.at(-1)?.[0]?.open).toBe(true)
  })

  it('that the server knows nothing of is said to be so', () => {
    expect(testFault(new ApiError('not_found', false))).toBe('The server’s version does not support this.')
    expect(testFault(new ApiError('rate_limited', true))).toBe('Too many requests. Wait a moment.')
  })
})
