import { describe, expect, test } from 'vitest'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { Rejoin } from '@/services/session/rejoin'
import { FakeClock, settle } from '../fake-clock'

function open(random = 0.5) {
  const clock = new FakeClock()
  const world = {
    live: false,
    dialing: false,
    dials: [] as number[],
    anew: [] as number[],
    ended: null as number | null,
  }
  const start = clock.now()
  const rejoin = new Rejoin({
    clock,
    random: () => random,
    isLive: () => world.live,
    dial: () => void world.dials.push(clock.now() - start),
    dialAnew: () => {
      if (world.dialing) world.anew.push(clock.now() - start)
      return world.dialing
    },
  })
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= SETTLE_MS) {
      clock.advance(Math.min(SETTLE_MS, left))
      await settle()
    }
  }
  const wait = (): void => void rejoin.wait().then(() => (world.ended = clock.now() - start))
  return { world, rejoin, pass, wait }
}

describe('the wait for the next welcome', () => {
  test('ends when a socket is there and had time for what follows its welcome', async () => {
    const { world, pass, wait } = open()
    wait()
    await pass(900)
    expect(world.ended).toBeNull()
    world.live = true
    await pass(600)
    expect(world).toMatchObject({ ended: 1500, dials: [] })
  })

  test.each([
    [0, SETTLE_MS],
    [0.5, 2700],
    [0.999, 5100],
  ])('cuts a long backoff short once, at a moment of chance (%s)', async (random, at) => {
    const { world, pass, wait } = open(random)
    wait()
    wait()
    await pass(8700)
    expect(world).toMatchObject({ ended: null, dials: [at] })
    await pass(300)
    expect(world).toMatchObject({ ended: 9000, anew: [] })
  })

  test('begins a dial anew that has hung all that time, and gives the new one as long', async () => {
    const { world, pass, wait } = open()
    world.dialing = true
    wait()
    await pass(9000)
    expect(world).toMatchObject({ ended: null, anew: [9000] })
    world.live = true
    await pass(600)
    expect(world.ended).toBe(9600)
  })

  test('ends when the dial that began anew hangs too', async () => {
    const { world, pass, wait } = open()
    world.dialing = true
    wait()
    await pass(17_700)
    expect(world.ended).toBeNull()
    await pass(300)
    expect(world).toMatchObject({ ended: 18_000, anew: [9000] })
  })

  test('is not ended by a sign-out: nothing is raised after it', async () => {
    const { world, rejoin, pass, wait } = open()
    wait()
    rejoin.stop()
    await pass(20_000)
    expect(world).toMatchObject({ ended: null, dials: [] })
  })
})
