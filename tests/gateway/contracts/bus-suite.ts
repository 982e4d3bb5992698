import type { Message } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import type { Bus, BusEventName, BusEvents } from '../../../gateway/contracts/bus'
import { overTheWire } from './memory/bus'

/** Opens a bus that tells of what its subscribers throw. */
export type OpenBus = (onFault: (error: unknown) => void) => Bus

const message = (seq: number, feed = 'topic:a'): Message => ({
  ...{ id: `m${String(seq)}`, feed, seq, time: 1, body: 'x', priority: 3 },
})

const appended = (seq: number, feed = 'topic:a'): BusEvents['appended'] => ({
  head: { feed, epoch: 'e', from: 1, head: seq },
  messages: [message(seq, feed)],
})

/** One of each kind, with everything that it may have. */
const events: BusEvents = {
  appended: appended(1),
  grew: { head: { feed: 'all', epoch: 'e', from: 1, head: 9 } },
  trimmed: { head: { feed: 'all', epoch: 'e', from: 3, head: 9 } },
  renewed: {},
  changed: {
    ...{ user: 'ann', origin: 'one 7' },
    change: { type: 'read', feed: 'all', epoch: 'e', ranges: [[1, 4]], unread: 5 },
  },
  revoked: { tokenId: 't_1' },
  user_ended: { user: 'ann' },
  device_ended: { user: 'ann', device: 'ann-phone', at: 1 },
  joined: { user: 'ann', device: 'ann-phone', socket: 'one 8', place: 7 },
  pushed: { user: 'ann', device: 'ann-phone', spans: [{ feed: 'all', epoch: 'e', first: 2, last: 3 }] },
  failed: { address: '198.51.100.7' },
  work: {},
  missed: { withinMs: 2500 },
}

const names = Object.keys(events) as BusEventName[]

/** What every bus promises to those on the gateway that tells. */
export function busSuite(name: string, open: OpenBus): void {
  const openQuiet = (): Bus =>
    open((error) => {
      throw error
    })

  describe(`the bus ${name}`, () => {
    it('tells everybody who listens before whoever told goes on, in the order in which they came', () => {
      const bus = openQuiet()
      const heard: string[] = []
      for (const who of ['first', 'second'])
        bus.on('appended', ({ messages }) => heard.push(`${who} ${String(messages[0]?.seq)}`))
      bus.tell('appended', appended(1))
      bus.tell('appended', appended(2))
      expect(heard).toEqual(['first 1', 'second 1', 'first 2', 'second 2'])
    })

    it('keeps the order of each feed, however many tell', async () => {
      const bus = openQuiet()
      const heard = new Map<string, number[]>()
      bus.on('appended', ({ head: { feed, head } }) => {
        heard.set(feed, [...(heard.get(feed) ?? []), head])
      })
      const feeds = ['topic:a', 'topic:b', 'topic:c']
      await Promise.all(
        feeds.map(async (feed) => {
          for (let seq = 1; seq <= 20; seq += 1) {
            bus.tell('appended', appended(seq, feed))
            await Promise.resolve()
          }
        }),
      )
      const inOrder = Array.from({ length: 20 }, (_, index) => index + 1)
      expect([...heard]).toEqual(feeds.map((feed) => [feed, inOrder]))
    })

    it.each(names)('tells %s to those who asked for it and to nobody else', (told) => {
      const bus = openQuiet()
      const heard: [string, unknown][] = []
      for (const each of names) bus.on(each, (event) => heard.push([each, event]))
      bus.tell(told, events[told])
      expect(heard).toEqual([[told, events[told]]])
    })

    it('goes on to the others when a subscriber throws, and tells whoever wants to know', () => {
      const faults: unknown[] = []
      const bus = open((error) => faults.push(error))
      const heard: string[] = []
      const fault = new Error('a subscriber is broken')
      bus.on('revoked', ({ tokenId }) => heard.push(`first ${tokenId}`))
      bus.on('revoked', () => {
        throw fault
      })
      bus.on('revoked', ({ tokenId }) => heard.push(`last ${tokenId}`))
      bus.tell('revoked', { tokenId: 't_1' })
      bus.tell('revoked', { tokenId: 't_2' })
      expect(heard).toEqual(['first t_1', 'last t_1', 'first t_2', 'last t_2'])
      expect(faults).toEqual([fault, fault])
    })

    it('tells nobody who has unsubscribed, also in the middle of an event', () => {
      const bus = openQuiet()
      let heard = 0
      const listener = (): void => void (heard += 1)
      const endFirst = bus.on('work', listener)
      const endSecond = bus.on('work', listener)
      bus.tell('work', {})
      expect(heard).toBe(2)
      endFirst()
      endFirst()
      bus.tell('work', {})
      expect(heard).toBe(3)
      const ends: (() => void)[] = []
      bus.on('renewed', () => {
        for (const end of ends) end()
      })
      ends.push(bus.on('renewed', listener))
      bus.tell('renewed', {})
      expect(heard).toBe(3)
      endSecond()
      bus.tell('work', {})
      expect(heard).toBe(3)
    })

    it.each(names)('tells %s as plain JSON, so that it can go to another gateway', (told) => {
      expect(overTheWire(told, events[told])).toEqual(events[told])
    })
  })
}
