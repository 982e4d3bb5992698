import { describe, expect, it } from 'vitest'
import type { DeviceKey } from '../../../gateway/contracts/devices'
import type { Nudge, NudgeSettlement } from '../../../gateway/contracts/nudges'
import type { Store } from '../../../gateway/contracts/store'
import { addPhone, START, type OpenStore } from './world'

const LIMIT = 2

const nodeOf = (key: DeviceKey, account = 'account-1', node = `node-${account}`) => ({
  ...{ ...key, account, node, domain: 'chat.example', component: 'push.example' },
  ...{ registered: START, limit: LIMIT },
})

const word = (node = 'node-account-1', sender: string | null = 'bob@chat.example', now = START) => ({
  ...{ node, sender, now, due: now + 1000 },
})

const claim = ({ nudges }: Store, now: number, owner = 'one') =>
  nudges.claim({ owner, now, until: now + 60_000, limit: 64 })

const accepted = ({ id, push }: Nudge, now: number): NudgeSettlement => ({
  ...{ id, state: 'pushed', reason: 'accepted', due: null, provider: 'apns', ref: push, accepted: now },
  ...{ unknown: false, attempts: 1, step: { time: now, reason: 'accepted', provider: 'apns' } },
})

/** What is promised of chat servers' nodes and nudges, whatever keeps them. */
export function nudgeSuite(name: string, open: OpenStore): void {
  const openWith = async () => {
    const store = await open({ now: () => START })
    const phone = await addPhone(store, 'ann')
    await store.nudges.register(nodeOf(phone))
    return { store, phone }
  }

  describe(`nodes and nudges ${name}`, () => {
    it('give a device one node for each account, the same for as long as it is registered', async () => {
      const { store, phone } = await openWith()
      const again = await store.nudges.register({
        ...nodeOf(phone, 'account-1', 'other'),
        domain: 'new.example',
      })
      expect(again).toMatchObject({ node: 'node-account-1', domain: 'new.example' })
      expect(await store.nudges.nodeOf('node-account-1')).toMatchObject({ ...phone, domain: 'new.example' })
      expect(await store.nudges.nodeOf('other')).toBeUndefined()
      await store.nudges.register(nodeOf(phone, 'account-2'))
      expect((await store.nudges.nodesOf('ann')).map(({ account }) => account)).toEqual([
        'account-1',
        'account-2',
      ])
      await expect(store.nudges.register(nodeOf(phone, 'account-3'))).rejects.toThrow(
        'maximum number of chat',
      )
      await store.nudges.unregister(phone, 'account-1')
      expect(await store.nudges.nodeOf('node-account-1')).toBeUndefined()
    })

    it('give none to a device that is unknown or signed out, and sign-out takes those that it has', async () => {
      const { store, phone } = await openWith()
      await expect(store.nudges.register(nodeOf({ ...phone, device: 'unknown-1' }))).rejects.toThrow(
        'no such device',
      )
      await store.devices.end(phone.user, phone.device)
      expect(await store.nudges.nodesOf('ann')).toEqual([])
      await expect(store.nudges.register(nodeOf(phone))).rejects.toThrow('no such device')
      expect(await store.nudges.note(word())).toBe(false)
      expect(await claim(store, START + 1000)).toEqual([])
    })

    it('go with their user', async () => {
      const { store } = await openWith()
      await store.nudges.note(word())
      await store.directory.removeUser('ann')
      expect(await store.nudges.nodeOf('node-account-1')).toBeUndefined()
      expect(await store.nudges.listOf('ann', 10)).toEqual([])
      expect(await claim(store, START + 1000)).toEqual([])
    })

    it('make one nudge of what a server says until it is due, and tell that there is work', async () => {
      const { store, phone } = await openWith()
      let told = 0
      store.bus.on('work', () => (told += 1))
      const noted = await Promise.all(Array.from({ length: 5 }, () => store.nudges.note(word())))
      expect(noted).toEqual([true, true, true, true, true])
      expect(told).toBe(5)
      expect(await claim(store, START + 999)).toEqual([])
      expect(await store.pushes.findDue(START + 999)).toMatchObject({ nudges: false })
      expect(await store.pushes.findDue(START + 1000)).toMatchObject({ nudges: true })
      const nudges = await claim(store, START + 1000)
      expect(nudges).toMatchObject([{ ...phone, account: 'account-1', count: 5, sender: 'bob@chat.example' }])
    })

    it('name nobody when several have written', async () => {
      const { store } = await openWith()
      for (const sender of ['bob@chat.example', 'cas@chat.example', 'bob@chat.example'])
        await store.nudges.note(word(undefined, sender))
      expect(await claim(store, START + 1000)).toMatchObject([{ count: 3, sender: null }])
    })

    it('open another nudge for what comes while one is being sent', async () => {
      const { store } = await openWith()
      await store.nudges.note(word())
      const [first] = await claim(store, START + 1000)
      if (!first) throw new Error('nothing was due')
      await store.nudges.note(word(undefined, undefined, START + 1000))
      await store.nudges.settle([accepted(first, START + 1100)])
      const [second] = await claim(store, START + 2000)
      expect(second).toMatchObject({ count: 1 })
      expect(second?.id).not.toBe(first.id)
    })

    it('add to a nudge that waits for another try, since its push is known not to have gone', async () => {
      const { store } = await openWith()
      await store.nudges.note(word())
      const [first] = await claim(store, START + 1000)
      if (!first) throw new Error('nothing was due')
      const step = { time: START + 1000, reason: 'burst' } as const
      await store.nudges.settle([
        { id: first.id, state: 'waiting', reason: 'burst', due: START + 9000, step },
      ])
      await store.nudges.note(word())
      const again = await claim(store, START + 9000)
      expect(again).toMatchObject([{ id: first.id, count: 2, unknown: 0 }])
      expect(again[0]?.push).not.toBe(first.push)
    })

    it('are each with one of many that claim at once', async () => {
      const { store, phone } = await openWith()
      await store.nudges.register(nodeOf(phone, 'account-2'))
      await store.nudges.note(word())
      await store.nudges.note(word('node-account-2'))
      const claims = await Promise.all(
        Array.from({ length: 6 }, (_, index) => claim(store, START + 1000, `gateway-${String(index)}`)),
      )
      expect(
        claims
          .flat()
          .map(({ node }) => node)
          .sort(),
      ).toEqual(['node-account-1', 'node-account-2'])
    })

    it('go again as they were when their claim is over, or after a start', async () => {
      const { store } = await openWith()
      await store.nudges.note(word())
      const [first] = await claim(store, START + 1000)
      expect(await claim(store, START + 60_999, 'other')).toEqual([])
      expect(await claim(store, START + 61_000, 'other')).toMatchObject([{ push: first?.push, unknown: 1 }])
      await store.pushes.resume(START + 61_000, START + 86_400_000)
      expect(await claim(store, START + 61_000, 'next')).toMatchObject([{ push: first?.push, unknown: 1 }])
    })

    it('keep what became of them, until it is forgotten', async () => {
      const { store, phone } = await openWith()
      await store.nudges.note(word())
      const [nudge] = await claim(store, START + 1000)
      if (!nudge) throw new Error('nothing was due')
      await store.nudges.keepHandle(nudge.id, 'handle-1')
      await store.nudges.settle([accepted(nudge, START + 1200)])
      const [record] = await store.nudges.listOf('ann', 10)
      expect(record).toMatchObject({ state: 'pushed', provider: 'apns', handle: 'handle-1', due: null })
      expect(record?.trail.map(({ reason }) => reason)).toEqual(['nudged', 'accepted'])
      expect(await store.nudges.recent(phone, START, 3)).toEqual([START + 1200])
      expect(await store.nudges.recent(phone, START + 1200, 3)).toEqual([])
      expect(await store.nudges.count(phone, START)).toEqual({ count: 1, first: START + 1200 })
      await store.nudges.note(word())
      expect(await store.nudges.forget(START + 1, 10)).toBe(1)
      expect(await store.nudges.listOf('ann', 10)).toMatchObject([{ state: 'waiting' }])
    })

    it('are due as much earlier as the clock was ahead', async () => {
      const { store } = await openWith()
      const ahead = START + 3_600_000
      await store.nudges.note(word(undefined, undefined, ahead))
      await store.pushes.shift(-3_600_000, ahead, START)
      expect(await claim(store, START + 1000)).toHaveLength(1)
    })
  })
}
