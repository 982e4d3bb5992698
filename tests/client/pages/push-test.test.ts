import { beforeEach, describe, expect, it } from 'vitest'
import type { Delivery } from '@herald/protocol'
import { setLanguage } from '@/locale'
import { runPushTest, type Leg, type PushTestPorts } from '@/pages/devices/push-test'
import { ApiError } from '@/services/api/api-error'

const AT = 1_700_000_000_000
const message = { id: 'm-1', feed: 'user:ann', seq: 3, time: AT }

const here = (standing: Partial<Delivery>): Delivery => ({
  ...{ user: 'ann', device: 'here', platform: 'h5', state: 'waiting', reason: 'not_connected' },
  ...{ next: null, events: [] },
  ...standing,
})

const pushed = here({
  state: 'pushed',
  reason: 'accepted',
  events: [{ time: AT + 3100, reason: 'accepted', provider: 'webpush' }],
})

/** What the gateway says at each look, and whether the device has the message by then; the last holds for ever. */
type Moment = { readonly own: Delivery | undefined; readonly came: boolean }

function world(...moments: Moment[]) {
  const done: string[] = []
  let looks = 0
  const now = (): Moment => moments[Math.min(looks, moments.length - 1)] ?? { own: undefined, came: false }
  const ports: PushTestPorts = {
    silence: () => Promise.resolve(void done.push('silence')),
    speak: () => Promise.resolve(void done.push('speak')),
    send: () => Promise.resolve((done.push('send'), 'm-1')),
    has: () => Promise.resolve(now().came),
    look: () => {
      const { own } = now()
      looks += 1
      return Promise.resolve({ message, devices: own === undefined ? [] : [own] })
    },
    wait: () => Promise.resolve(),
  }
  return { ports, done }
}

async function legsIn({ ports }: ReturnType<typeof world>, goOn = true): Promise<(readonly Leg[])[]> {
  const all: (readonly Leg[])[] = []
  await runPushTest('here', (legs) => (all.push(legs), goOn), ports)
  return all
}

const lastOf = (all: (readonly Leg[])[]): string[][] =>
  (all.at(-1) ?? []).map(({ name, state, text }) => [name, state, text])

const KEPT = ['published', 'done', 'It is on the server’s disk.']

beforeEach(() => {
  setLanguage('en')
})

describe('a test of the push', () => {
  it('cuts the device off, shows each leg until the push is there, and connects again', async () => {
    const play = world(
      { own: here({}), came: false },
      { own: pushed, came: false },
      { own: pushed, came: true },
    )
    const all = await legsIn(play)
    expect(all.map((legs) => legs.map(({ state }) => state))).toEqual([
      ['done', 'open', 'open'],
      ['done', 'done', 'open'],
      ['done', 'done', 'done'],
    ])
    expect(lastOf(all)).toEqual([
      KEPT,
      ['pushed', 'done', 'Web Push accepted the push after 3.1 s.'],
      ['shown', 'done', 'It arrived by push.'],
    ])
    expect(play.done).toEqual(['silence', 'send', 'speak'])
  })

  it('names the leg to the push service as broken, why, and what to do', async () => {
    const all = await legsIn(
      world({ own: here({ state: 'dead', reason: 'credentials_refused' }), came: false }),
    )
    expect(lastOf(all)).toEqual([
      KEPT,
      [
        'pushed',
        'broken',
        'The push service refused the server’s credentials. Whoever runs the server finds the cause with “herald provider check” and “herald explain”.',
      ],
    ])
  })

  it('names the leg to the device as broken when the push was taken and never comes', async () => {
    const all = await legsIn(world({ own: pushed, came: false }))
    expect(lastOf(all).at(-1)?.slice(0, 2)).toEqual(['shown', 'broken'])
    expect(lastOf(all).at(-1)?.[2]).toMatch(/^It did not arrive within 30 s\. Check that the system allows/)
  })

  it('gives up on a push that never goes out, and says what it waits for', async () => {
    const all = await legsIn(world({ own: here({ reason: 'other_device_active' }), came: false }))
    expect(lastOf(all).at(-1)).toEqual([
      'pushed',
      'broken',
      'None went out within 30 s. Waiting: the user is active on another device. Close Herald on the other devices, and try again.',
    ])
  })

  it('proves nothing where the device was connected all the same, and says so', async () => {
    const acked = here({ state: 'acked', reason: 'acked', events: [{ time: AT + 90, reason: 'acked' }] })
    const all = await legsIn(world({ own: acked, came: true }))
    expect(lastOf(all).at(-1)?.[2]).toMatch(/^This device was connected all the same\./)
  })

  it('connects again when the server refuses, and when nobody wants to know any more', async () => {
    const left = world({ own: here({}), came: false })
    await legsIn(left, false)
    expect(left.done.at(-1)).toBe('speak')
    const refused = world()
    const ports = { ...refused.ports, send: () => Promise.reject(new ApiError('rate_limited', true)) }
    await expect(runPushTest('here', () => true, ports)).rejects.toMatchObject({ code: 'rate_limited' })
    expect(refused.done).toEqual(['silence', 'speak'])
  })
})
