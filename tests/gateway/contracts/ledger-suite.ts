import { describe, expect, it } from 'vitest'
import { accept, addPhone, claim, leavePush, START, type OpenStore } from './world'

const YEAR_MS = 365 * 86_400_000

/** What the ledger of pushes promises, whatever keeps it: one after another, and side by side. */
export function ledgerSuite(name: string, open: OpenStore): void {
  const openWith = async (user = 'ann') => {
    const store = await open({ now: () => START })
    return { store, phone: await addPhone(store, user) }
  }

  describe(`the push ledger ${name}`, () => {
    it('has a sweep for what is appended, once there is a device to ring', async () => {
      const store = await open({ now: () => START })
      await store.log.append('all', { body: 'x', priority: 3 })
      const look = { owner: 'one', now: START, until: START + 1000 }
      expect(await store.pushes.claimSweep(look)).toBeUndefined()
      await addPhone(store, 'ann')
      const seqs = await Promise.all(
        Array.from(
          { length: 5 },
          async () => (await store.log.append('all', { body: 'x', priority: 3 })).seq,
        ),
      )
      expect(await store.pushes.findDue(START)).toEqual({ sweeps: true, pushes: false, nudges: false })
      expect(await store.pushes.claimSweep({ ...look, mostDue: 0 })).toBeUndefined()
      expect(await store.pushes.claimSweep(look)).toMatchObject({ feed: 'all', first: 2, last: 6 })
      expect(await store.pushes.findDue(START)).toEqual({ sweeps: false, pushes: false, nudges: false })
      expect(seqs.sort()).toEqual([2, 3, 4, 5, 6])
      expect(await store.pushes.claimSweep(look)).toBeUndefined()
      expect(await store.pushes.claimSweep({ ...look, now: START + 1000, until: START + 2000 })).toBeDefined()
    })

    it('tells that there is work after an append and after a read', async () => {
      const { store, phone } = await openWith()
      let told = 0
      store.bus.on('work', () => (told += 1))
      const { feed, epoch } = await store.log.append('user:ann', { body: 'x', priority: 3 })
      expect(told).toBe(1)
      await store.subscriptions.markRead(phone.user, feed, epoch, [[1, 1]])
      expect(told).toBe(2)
    })

    it('gives each push to one of many that claim at once', async () => {
      const store = await open({ now: () => START })
      for (const user of ['ann', 'bob', 'cas', 'dan']) {
        const phone = await addPhone(store, user)
        await leavePush(store, phone, START)
        await leavePush(store, phone, START)
      }
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, index) => claim(store, START, `gateway-${String(index)}`)),
      )
      const rows = claims.flat().map(({ user, first }) => `${user} ${String(first)}`)
      expect(rows.sort()).toEqual(['ann', 'bob', 'cas', 'dan'].flatMap((user) => [`${user} 1`, `${user} 2`]))
    })

    it('makes one push of what is due for a device, and gives the same again when the claim is over', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      await leavePush(store, phone, START)
      expect(await store.pushes.findDue(START)).toMatchObject({ pushes: true })
      const first = await claim(store, START)
      expect(await store.pushes.findDue(START)).toMatchObject({ pushes: false })
      expect(new Set(first.map(({ push }) => push)).size).toBe(1)
      expect(await claim(store, START + 59_999, 'other')).toEqual([])
      const again = await claim(store, START + 60_000, 'other')
      expect(again.map(({ push, unknown }) => [push, unknown])).toEqual(first.map(({ push }) => [push, 1]))
    })

    it('frees at a start what an earlier life had claimed, as what may have gone', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const [before] = await claim(store, START)
      await store.pushes.resume(START, START + 86_400_000)
      expect(await claim(store, START, 'next')).toMatchObject([{ push: before?.push, unknown: 1 }])
    })

    it('takes back what is read and pushed side by side, whichever is first', async () => {
      const { store, phone } = await openWith()
      for (let round = 1; round <= 20; round += 1) {
        await leavePush(store, phone, START)
        const [row] = await claim(store, START)
        if (!row) throw new Error('nothing was due')
        const read = () => store.subscriptions.markRead('ann', row.feed, row.epoch, [[round, round]])
        const steps = [read, () => accept(store, row, START)]
        await Promise.all((round % 2 === 0 ? steps : steps.reverse()).map((step) => step()))
        expect(await store.pushes.pushOf(phone, row.feed, row.epoch, round)).toMatchObject({
          ...{ state: 'clearing', reason: 'read', due: START },
        })
        const [clearing] = await claim(store, START)
        if (!clearing) throw new Error('nothing was to be taken back')
        await store.pushes.settle([
          {
            ...{ keys: [clearing], state: 'cleared', reason: 'cleared', due: null },
            step: { time: START, reason: 'cleared' },
          },
        ])
      }
    })

    it('leaves a push where it is while part of it is unread', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const [row] = await claim(store, START)
      if (!row) throw new Error('nothing was due')
      await accept(store, row, START)
      await store.log.append('user:ann', { body: 'y', priority: 3 })
      await store.subscriptions.markRead('ann', row.feed, row.epoch, [[2, 2]])
      expect(await store.pushes.pushOf(phone, row.feed, row.epoch, 1)).toMatchObject({ state: 'pushed' })
    })

    it('takes a push back when all that it showed is read, whatever else its row spans', async () => {
      const { store, phone } = await openWith()
      const { feed, epoch } = await store.log.append('user:ann', { body: 'x', priority: 1 })
      await store.log.append('user:ann', { body: 'y', priority: 3 })
      const sweep = await store.pushes.claimSweep({ owner: 'one', now: START, until: START + 1000 })
      if (!sweep) throw new Error('nothing was to be swept')
      const found = { ...phone, feed, epoch, first: 1, last: 2, now: START, due: START }
      const pushes = [{ ...found, state: 'waiting', reason: 'not_connected' } as const]
      await store.pushes.advanceSweep({ id: sweep.id, after: phone, until: 0, pushes })
      const [row] = await claim(store, START)
      if (!row) throw new Error('nothing was due')
      const step = { time: START, reason: 'retrying' } as const
      const unknown = {
        keys: [row],
        state: 'waiting',
        reason: 'retrying',
        due: START,
        unknown: true,
      } as const
      await store.pushes.settle([{ ...unknown, step, shown: [[2, 2]] }])
      await accept(store, row, START)
      expect(await store.pushes.shownAs(row.collapse ?? '')).toMatchObject([{ shown: [[2, 2]], from: 1 }])
      await store.subscriptions.markRead('ann', feed, epoch, [[2, 2]])
      expect(await store.pushes.pushOf(phone, feed, epoch, 2)).toMatchObject({ state: 'clearing' })
    })

    it('notes the acks that come after a push, once, and knows what a device was sent until then', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const [row] = await claim(store, START)
      if (!row) throw new Error('nothing was due')
      await accept(store, row, START)
      const { feed, epoch } = row
      expect(await store.pushes.pushedTo(phone)).toMatchObject([{ feed, epoch, first: 1, last: 1 }])
      const ack = { ...phone, feed, epoch, seq: 1, time: START + 5000 }
      const late = await Promise.all([store.acks.save([ack]), store.acks.save([ack])])
      expect(late.flat()).toEqual([{ provider: 'apns', afterMs: 5000 }])
      expect(await store.pushes.pushedTo(phone)).toEqual([])
    })

    it('counts what a device got, lists what nobody took, and makes that due again', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const [row] = await claim(store, START)
      if (!row) throw new Error('nothing was due')
      await accept(store, row, START)
      expect(await store.pushes.recentPushes(phone, START - 1, 3)).toEqual([START])
      expect(await store.pushes.countPushes(phone, START - 1)).toEqual({ count: 1, first: START })
      expect(await store.pushes.countPushes(phone, START)).toEqual({ count: 0, first: null })
      await leavePush(store, phone, START)
      const [dead] = await claim(store, START)
      if (!dead) throw new Error('nothing was due')
      await store.pushes.settle([
        {
          ...{ keys: [dead], state: 'dead', reason: 'gave_up', due: null },
          step: { time: START, reason: 'gave_up' },
        },
      ])
      expect(await store.pushes.deadLetters(10)).toMatchObject([{ user: 'ann', first: 2, reason: 'gave_up' }])
      expect(await store.pushes.replay({ feed: dead.feed, seq: 1 }, START, 10)).toBe(0)
      expect(await store.pushes.replay({ feed: dead.feed, seq: 2 }, START, 10)).toBe(1)
      expect(await claim(store, START)).toMatchObject([{ first: 2, reason: 'replayed' }])
    })

    it('counts what a device got by a clock that was ahead as what it got just now, when that goes back', async () => {
      const { store, phone } = await openWith()
      const ahead = START + YEAR_MS
      await leavePush(store, phone, ahead)
      const [row] = await claim(store, ahead)
      if (!row) throw new Error('nothing was due')
      await accept(store, row, ahead)
      await store.pushes.shift(-YEAR_MS, ahead + 1000, START + 1000)
      expect(await store.pushes.recentPushes(phone, START - 1, 3)).toEqual([START])
      expect(await store.pushes.countPushes(phone, START - 1)).toEqual({ count: 1, first: START })
    })

    it('makes what seemed too old by a clock that was ahead due when that goes back', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const ahead = START + YEAR_MS
      const [row] = await claim(store, ahead)
      if (!row) throw new Error('nothing was due')
      await store.pushes.settle([
        {
          ...{ keys: [row], state: 'waiting', reason: 'clock_doubted', due: ahead + 60_000 },
          step: { time: ahead, reason: 'clock_doubted' },
        },
      ])
      await store.pushes.shift(-YEAR_MS, ahead + 1000, START + 1000)
      expect(await claim(store, START + 1000)).toMatchObject([{ created: START, due: START + 1000 }])
    })

    it('makes nothing that waits older when the clock goes ahead', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      await store.pushes.shift(YEAR_MS, START + 1000, START + YEAR_MS + 1000)
      expect(await claim(store, START + YEAR_MS)).toMatchObject([{ created: START + YEAR_MS, due: START }])
    })

    it('takes a receipt for a push that it knows', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const [row] = await claim(store, START)
      if (!row) throw new Error('nothing was due')
      await accept(store, row, START)
      const step = { time: START, reason: 'arrived', provider: 'apns' } as const
      expect(await store.pushes.noteReceipt('apns', row.push, step)).toBe(true)
      expect(await store.pushes.noteReceipt('apns', 'another', step)).toBe(false)
    })

    it('takes receipts that come late and twice as such: a push is taken back once all the same', async () => {
      const { store, phone } = await openWith()
      await leavePush(store, phone, START)
      const [row] = await claim(store, START)
      if (!row) throw new Error('nothing was due')
      await accept(store, row, START)
      const { feed, epoch } = row
      await store.subscriptions.markRead('ann', feed, epoch, [[1, 1]])
      expect(await claim(store, START)).toMatchObject([{ state: 'clearing', reason: 'read' }])
      const step = { time: START, reason: 'arrived', provider: 'apns' } as const
      for (let times = 0; times < 2; times += 1)
        expect(await store.pushes.noteReceipt('apns', row.push, step)).toBe(true)
      expect(await claim(store, START, 'other')).toEqual([])
      const noted = await store.pushes.pushOf(phone, feed, epoch, 1)
      expect(noted).toMatchObject({ state: 'clearing', reason: 'read' })
      expect(noted?.trail.filter(({ reason }) => reason === 'arrived')).toHaveLength(1)
    })
  })
}
