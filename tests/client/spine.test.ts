import fc from 'fast-check'
import { expect, test } from 'vitest'
import { listMessages, unreadOf } from '@/services/inbox/message-list'
import { FakeClock, settle } from './fake-clock'
import { ModelDevice } from './model-device'
import { ModelGateway } from './model-gateway'

const FEEDS = ['user:me', 'topic:ci']
const RUNS = Number(process.env.SPINE_RUNS ?? 1_000)

const device = fc.constantFrom(0, 1)
const feed = fc.constantFrom(...FEEDS)

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('publish' as const),
      feed,
      count: fc.integer({ min: 1, max: 6 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('carry' as const),
      device,
      pick: fc.nat(3),
      copies: fc.constantFrom(1, 1, 1, 2),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('serve' as const), device }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pump' as const), device }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('store' as const), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('cut' as const),
      device,
      code: fc.constantFrom(1006, 4000, 4002),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), device }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wake' as const), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(10, 1_000, 30_000, 90_000),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('read' as const), device, at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hide' as const), device, at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('restart' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('older' as const), device }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('trim' as const), feed, keep: fc.nat(5) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew' as const), feed }) },
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class World {
  readonly clock = new FakeClock()
  readonly gateway = new ModelGateway(FEEDS)
  readonly devices = [0, 1].map((n) => new ModelDevice(`device${String(n)}`, this.gateway, this.clock))

  async run(steps: readonly Step[]): Promise<void> {
    for (const each of this.devices) await each.start()
    for (const each of steps) {
      await this.#do(each)
      await settle()
    }
    await this.#heal()
  }

  async #do(each: Step): Promise<void> {
    if (each.do === 'publish') this.gateway.publish(each.feed, each.count)
    else if (each.do === 'wait') this.clock.advance(each.ms)
    else if (each.do === 'trim') this.gateway.trim(each.feed, each.keep)
    else if (each.do === 'renew') this.gateway.renew(each.feed)
    else await this.#onDevice(each, this.devices[each.device]!)
  }

  async #onDevice(each: Extract<Step, { device: number }>, target: ModelDevice): Promise<void> {
    const row = 'at' in each ? target.inbox.rows[each.at % Math.max(1, target.inbox.rows.length)] : undefined
    if (each.do === 'carry') this.gateway.carry(target.name, each.pick, each.copies)
    if (each.do === 'serve') this.gateway.serve(target.name)
    if (each.do === 'pump') await this.#pump(target)
    if (each.do === 'store') target.storage.flush()
    if (each.do === 'cut') this.gateway.cut(target.name, each.code)
    if (each.do === 'drop') this.gateway.drop(target.name)
    if (each.do === 'lose') this.gateway.lose(target.name)
    if (each.do === 'wake') target.wake()
    if (each.do === 'restart') await target.restart()
    if (each.do === 'older') await target.loadOlder()
    if (each.do === 'read' && row) target.read(row)
    if (each.do === 'hide' && row) await target.hide(row)
  }

  async #pump(target: ModelDevice): Promise<boolean> {
    let moved = false
    for (;;) {
      await settle()
      const served = this.gateway.serve(target.name)
      const carried = this.gateway.carry(target.name)
      const stored = target.storage.flush()
      if (!served && !carried && !stored) return moved
      moved = true
    }
  }

  /** The network is good and time passes: everything has to come right by itself. A hole shows with the next message. */
  async #heal(): Promise<void> {
    for (const name of FEEDS) this.gateway.publish(name, 1)
    for (let round = 0; round < 40; round += 1) {
      // Shorter than any deadline, so that a good socket is never taken for a dead one.
      this.clock.advance(2_500)
      for (let again = true; again;) {
        again = false
        for (const each of this.devices) again = (await this.#pump(each)) || again
      }
    }
    for (const each of this.devices) {
      while (!(await each.loadOlder())) await settle()
      await this.#pump(each)
    }
  }
}

test(
  'any interleaving ends with the same list and unread count on both devices, each message shown once',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 80, size: 'max' }), async (steps) => {
        const world = new World()
        await world.run(steps)
        const truth = FEEDS.flatMap((name) => world.gateway.history(name, Infinity, Infinity).messages)
        for (const each of world.devices) {
          const listed = listMessages(each.inbox, { feed: null, unreadOnly: false, search: '' }).map(
            (row) => row.id,
          )
          const expected = truth.filter((row) => !each.hidden.has(row.id))
          expect([...listed].sort()).toEqual(expected.map((row) => row.id).sort())
          const times = listMessages(each.inbox, { feed: null, unreadOnly: false, search: '' }).map(
            (row) => row.time,
          )
          expect(times).toEqual([...times].sort((a, b) => b - a))
          for (const name of FEEDS)
            expect(unreadOf(each.inbox, name)).toBe(world.gateway.stateOf(name).unread)
          expect(new Set(each.presented).size).toBe(each.presented.length)
          const silent = listed.filter((id) => !each.presented.includes(id) && !each.byHistory.has(id))
          expect(silent).toEqual([])
        }
      }),
      { numRuns: RUNS },
    )
  },
)
