import { describe, expect, it, onTestFinished } from 'vitest'
import { SharedBus } from '../../../gateway/bus/shared'
import type { BusEvents } from '../../../gateway/contracts/bus'
import { busSuite } from './bus-suite'
import { MemoryWire } from './memory/wire'

busSuite('that gateways share', (onFault) => new SharedBus({ gateway: 'one', onFault }))

const throwFault = (error: unknown): void => {
  throw error
}

/** A gateway's end of the bus, what it heard of revocations, and the times that it missed something. */
async function startBus(gateway: string, wire: MemoryWire, elapsed?: () => number) {
  const bus = new SharedBus({ gateway, onFault: throwFault, ...(elapsed && { elapsed }) })
  const heard: string[] = []
  const missed: number[] = []
  const appended: BusEvents['appended'][] = []
  const grew: number[] = []
  bus.on('revoked', ({ tokenId }) => heard.push(tokenId))
  bus.on('missed', ({ withinMs }) => missed.push(withinMs))
  bus.on('appended', (event) => appended.push(event))
  bus.on('grew', ({ head }) => grew.push(head.head))
  await bus.start(wire.open)
  onTestFinished(() => bus.close())
  return { bus, heard, missed, appended, grew }
}

const appendedOf = (bytes: number): BusEvents['appended'] => ({
  head: { feed: 'all', epoch: 'e', from: 1, head: 7 },
  messages: [{ id: 'm1', feed: 'all', seq: 7, time: 1, body: '€'.repeat(bytes / 3), priority: 3 }],
})

/** A read of many ranges. */
const readEvery = (step: number, count: number): BusEvents['changed'] => ({
  user: 'ann',
  change: {
    ...{ type: 'read', feed: 'all', epoch: 'e', unread: 0 },
    ranges: Array.from({ length: count }, (_, index): [number, number] => [
      index * step + 1,
      index * step + 2,
    ]),
  },
})

describe('a bus that gateways share', () => {
  it('keeps to itself that there is work, and that something is missed', async () => {
    const wire = new MemoryWire()
    const [one, two] = await Promise.all(['one', 'two'].map((name) => startBus(name, wire)))
    let works = 0
    two?.bus.on('work', () => (works += 1))
    one?.bus.tell('work', {})
    one?.bus.tell('missed', { withinMs: 1 })
    one?.bus.tell('revoked', { tokenId: 'last' })
    await expect.poll(() => two?.heard).toEqual(['last'])
    expect([works, two?.missed]).toEqual([0, []])
  })

  it('says how far a feed goes in place of messages that it has no room for, and all else in parts', async () => {
    const wire = new MemoryWire(2000)
    const one = await startBus('one', wire)
    const two = await startBus('two', wire)
    const changes: BusEvents['changed'][] = []
    two.bus.on('changed', (event) => changes.push(event))
    one.bus.tell('appended', appendedOf(900))
    one.bus.tell('appended', appendedOf(3000))
    const ranges = Array.from({ length: 900 }, (_, index): [number, number] => [index * 3 + 1, index * 3 + 2])
    const change = {
      user: 'ann',
      change: { type: 'read', feed: 'all', epoch: 'e', ranges, unread: 0 },
    } as const
    one.bus.tell('changed', change)
    one.bus.tell('revoked', { tokenId: 'last' })
    await expect.poll(() => two.heard).toEqual(['last'])
    expect(two.appended).toEqual([appendedOf(900)])
    expect(two.grew).toEqual([7])
    expect(changes).toEqual([change])
  })

  it('says that something is missed in place of an event that is too long to carry', async () => {
    const wire = new MemoryWire()
    const [one, two] = [await startBus('one', wire), await startBus('two', wire)]
    const changes: BusEvents['changed'][] = []
    two.bus.on('changed', (event) => changes.push(event))
    one.bus.tell('changed', readEvery(3, 120_000))
    one.bus.tell('revoked', { tokenId: 'last' })
    await expect.poll(() => two.heard).toEqual(['last'])
    expect(changes).toEqual([])
    expect(two.missed).toHaveLength(1)
  })

  it('passes over an event that only a newer gateway knows, and hears the next one', async () => {
    const wire = new MemoryWire()
    const two = await startBus('two', wire)
    const stranger = await wire.open(() => undefined)
    const told = [
      ['moved', { to: 'elsewhere' }],
      ['constructor', {}],
      ['revoked', { tokenId: 'last' }],
    ]
    stranger.send(JSON.stringify({ from: 'newer', count: 1, events: told }))
    await expect.poll(() => two.heard).toEqual(['last'])
    expect(two.missed).toEqual([])
  })

  it('drops an event whose parts have no end', async () => {
    const wire = new MemoryWire()
    const two = await startBus('two', wire)
    const changes: BusEvents['changed'][] = []
    two.bus.on('changed', (event) => changes.push(event))
    const stranger = await wire.open(() => undefined)
    const text = Buffer.from(JSON.stringify(['changed', readEvery(3, 120_000)])).toString('base64')
    const parts = Array.from({ length: Math.ceil(text.length / 7000) }, (_, index) =>
      text.slice(index * 7000, (index + 1) * 7000),
    )
    for (const [index, part] of parts.entries()) {
      const isEnd = index === parts.length - 1
      stranger.send(
        JSON.stringify({ from: 'one', count: index + 1, events: [], part, ...(isEnd && { isEnd }) }),
      )
    }
    const last = ['revoked', { tokenId: 'last' }]
    stranger.send(JSON.stringify({ from: 'one', count: parts.length + 1, events: [last] }))
    await expect.poll(() => two.heard).toEqual(['last'])
    expect(changes).toEqual([])
  })

  it('says what may be lost as soon as it hears more of the same gateway, and from when on', async () => {
    const wire = new MemoryWire()
    let now = 1000
    const one = await startBus('one', wire)
    const two = await startBus('two', wire, () => now)
    one.bus.tell('revoked', { tokenId: 'first' })
    await expect.poll(() => two.heard).toEqual(['first'])
    wire.isCut = true
    one.bus.tell('revoked', { tokenId: 'lost' })
    await new Promise((resolve) => setImmediate(resolve))
    wire.isCut = false
    now = 1700
    one.bus.tell('revoked', { tokenId: 'last' })
    await expect.poll(() => two.heard).toEqual(['first', 'last'])
    expect(two.missed).toEqual([700])
  })

  it('says so within four seconds of the last word, however seldom it is told who lives', async () => {
    const wire = new MemoryWire()
    let now = 1000
    const two = await startBus('two', wire, () => now)
    two.bus.check(['one', 'two'])
    now += 2600
    await expect.poll(() => two.missed, { timeout: 1500 }).toEqual([2600])
  })

  it('says so of a gateway that lives and is not heard, until it is, and once of one that ended', async () => {
    const wire = new MemoryWire()
    let now = 1000
    const two = await startBus('two', wire, () => now)
    two.bus.check(['one', 'two'])
    now += 2000
    two.bus.check(['one', 'two'])
    expect(two.missed).toEqual([])
    now += 1000
    two.bus.check(['one', 'two'])
    two.bus.check(['one', 'two'])
    expect(two.missed).toEqual([3000])
    now += 2000
    two.bus.check(['one', 'two'])
    expect(two.missed).toEqual([3000, 5000])
    const one = await startBus('one', wire)
    one.bus.tell('revoked', { tokenId: 'first' })
    await expect.poll(() => two.heard).toEqual(['first'])
    two.bus.check(['one', 'two'])
    expect(two.missed).toEqual([3000, 5000])
    two.bus.check(['two'])
    two.bus.check(['two'])
    expect(two.missed).toHaveLength(2)
    now += 100
    two.bus.check(['one', 'two'])
    now += 100
    two.bus.check(['two'])
    // It may have spoken since the others were counted last.
    expect(two.missed).toEqual([3000, 5000, 200])
  })
})
