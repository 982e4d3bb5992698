import { describe, expect, it, onTestFinished } from 'vitest'
import { SharedBus } from '../../../gateway/bus/shared'
import type { OpenWire } from '../../../gateway/bus/wire'
import type { BusEvents } from '../../../gateway/contracts/bus'

/** A wire's other side, which can be away. */
export interface WireUnderTest {
  readonly open: OpenWire
  /** From now on nothing comes through. */
  cut(): Promise<void> | void
  /** It does again. */
  heal(): Promise<void> | void
}

/** More than one text of any wire has room for. */
const MANY_RANGES = 40_000

/** A gateway's end of the bus, and what it heard. */
async function startBus(gateway: string, wire: WireUnderTest) {
  const bus = new SharedBus({
    gateway,
    onFault: (error) => {
      throw error
    },
  })
  const heard: string[] = []
  const missed: number[] = []
  const changes: BusEvents['changed'][] = []
  bus.on('revoked', ({ tokenId }) => heard.push(tokenId))
  bus.on('missed', ({ withinMs }) => missed.push(withinMs))
  bus.on('changed', (event) => changes.push(event))
  await bus.start(wire.open)
  onTestFinished(() => bus.close())
  return { bus, heard, missed, changes }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

/** What every wire brings from one gateway to the others. */
export function wireSuite(name: string, start: () => Promise<WireUnderTest>): void {
  describe(`gateways that share a bus ${name}`, () => {
    it('hear what one of them tells, in order, and itself once', async () => {
      const wire = await start()
      const [one, two, three] = [
        await startBus('one', wire),
        await startBus('two', wire),
        await startBus('three', wire),
      ]
      const all = range(200).map(String)
      for (const tokenId of all) {
        one.bus.tell('revoked', { tokenId })
        if (Number(tokenId) % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await expect.poll(() => two.heard).toEqual(all)
      await expect.poll(() => three.heard).toEqual(all)
      expect(one.heard).toEqual(all)
      expect([one, two, three].flatMap(({ missed }) => missed)).toEqual([])
    })

    it('hear an event that is too long for one text whole', async () => {
      const wire = await start()
      const [one, two] = [await startBus('one', wire), await startBus('two', wire)]
      const ranges = range(MANY_RANGES).map((index): [number, number] => [index * 3 + 1, index * 3 + 2])
      const change = {
        user: 'ann',
        change: { type: 'read', feed: 'all', epoch: 'e', ranges, unread: 0 },
      } as const
      one.bus.tell('changed', change)
      one.bus.tell('revoked', { tokenId: 'last' })
      await expect.poll(() => two.heard).toEqual(['last'])
      expect(two.changes).toEqual([change])
      expect(two.missed).toEqual([])
    })

    it('know that something was lost while it was cut, and hear each other when it is healed', async () => {
      const wire = await start()
      const [one, two] = [await startBus('one', wire), await startBus('two', wire)]
      const areOpen = () => [one.bus.isOpen, two.bus.isOpen]
      one.bus.tell('revoked', { tokenId: 'first' })
      await expect.poll(() => two.heard).toEqual(['first'])
      await wire.cut()
      await expect.poll(areOpen).toEqual([false, false])
      one.bus.tell('revoked', { tokenId: 'lost' })
      await new Promise((resolve) => setImmediate(resolve))
      await wire.heal()
      await expect.poll(areOpen).toEqual([true, true])
      one.bus.tell('revoked', { tokenId: 'last' })
      await expect.poll(() => two.heard).toEqual(['first', 'last'])
      expect(two.missed.length).toBeGreaterThan(0)
    })
  })
}
