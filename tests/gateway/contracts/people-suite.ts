import { describe, expect, it } from 'vitest'
import { addPhone, phone, session, START, type OpenStore } from './world'

const limits = { topics: 2, devices: 2, sockets: 0, tokens: 0, codes: 0 }

/** What a store promises of people, their feeds and their devices: one after another, and side by side. */
export function peopleSuite(name: string, open: OpenStore): void {
  describe(`users, feeds and devices ${name}`, () => {
    it('knows a code no more whose user is removed in the same moment', async () => {
      const { directory } = await open({ now: () => START })
      await directory.createUser('ann')
      const { code } = await directory.createSignInCode('ann')
      const [redeemed] = await Promise.allSettled([
        directory.redeemSignInCode(code, ''),
        directory.removeUser('ann'),
      ])
      if (redeemed.status === 'rejected')
        expect(redeemed.reason).toMatchObject({ code: 'sign_in_code_invalid' })
      await expect(directory.peekSignInCode(code)).rejects.toMatchObject({ code: 'sign_in_code_invalid' })
    })

    it('let one of two create a user, and one of two use a sign-in code', async () => {
      const { directory } = await open()
      const made = await Promise.allSettled([directory.createUser('ann'), directory.createUser('ann')])
      expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      const { code } = await directory.createSignInCode('ann')
      const used = await Promise.allSettled(
        ['a', 'b', 'c'].map((label) => directory.redeemSignInCode(code, label)),
      )
      expect(used.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      expect(await directory.listTokens('ann')).toHaveLength(1)
    })

    it('let nobody in by a token that is revoked, and sign its devices out', async () => {
      const { directory, devices, bus } = await open()
      await directory.createUser('ann')
      const body = { label: 'phone', publish: [], read: true, admin: false }
      const { token, info } = await directory.createToken('ann', body)
      expect(await directory.authenticate(token)).toMatchObject({ user: { id: 'ann' } })
      await devices.put('ann', 'ann-phone', info, phone('one'))
      const ended: string[] = []
      bus.on('revoked', ({ tokenId }) => ended.push(tokenId))
      await directory.revokeToken(info.id)
      expect(ended).toEqual([info.id])
      await expect(directory.authenticate(token)).rejects.toMatchObject({ code: 'token_revoked' })
      expect(await devices.registrationsOf('ann', 'ann-phone')).toEqual([])
      await expect(devices.put('ann', 'ann-phone', info, phone('one'))).rejects.toMatchObject({
        code: 'token_revoked',
      })
    })

    it('leave nothing of a user who is removed, whom no JWT brings back', async () => {
      const store = await open()
      await addPhone(store, 'ann')
      await store.log.append('user:ann', { body: 'x', priority: 3 })
      await store.directory.removeUser('ann')
      expect(await store.log.head('user:ann')).toBeUndefined()
      expect(await store.devices.listOf('ann')).toEqual([])
      await expect(store.directory.admitUser('ann')).rejects.toMatchObject({ code: 'user_disabled' })
      await store.directory.createUser('ann')
      expect(await store.subscriptions.feedsOf('ann')).toMatchObject([{ unread: 0 }, { feed: 'all' }])
    })

    it('hold a limit when the requests come at once', async () => {
      const { directory, subscriptions, devices } = await open({ limits })
      await directory.createUser('ann')
      const follows = await Promise.allSettled(
        ['a', 'b', 'c', 'd'].map((topic) => subscriptions.follow('ann', `topic:${topic}`, undefined)),
      )
      expect(follows.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
      const puts = await Promise.allSettled(
        ['device-1', 'device-2', 'device-3'].map((id) => devices.put('ann', id, session, phone(id))),
      )
      expect(puts.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    })

    it('merge reads that come side by side, and tell each once', async () => {
      const { directory, subscriptions, log, bus } = await open()
      await directory.createUser('ann')
      for (let count = 0; count < 6; count += 1) await log.append('user:ann', { body: 'x', priority: 3 })
      const { epoch } = (await log.head('user:ann')) ?? { epoch: '' }
      const told: unknown[] = []
      bus.on('changed', ({ change }) => told.push(change))
      const read = (first: number, last: number) =>
        subscriptions.markRead('ann', 'user:ann', epoch, [[first, last]])
      await Promise.all([read(1, 3), read(2, 4), read(6, 6), read(1, 3)])
      expect((await subscriptions.feedsOf('ann'))[0]).toMatchObject({
        unread: 1,
        read: [
          [1, 4],
          [6, 6],
        ],
      })
      expect(told).toHaveLength(3)
    })

    it('follow a topic with what is in it as read, and leave it', async () => {
      const { directory, subscriptions, log } = await open()
      await directory.createUser('ann')
      await log.append('topic:ci', { body: 'x', priority: 3 })
      expect(await subscriptions.follow('ann', 'topic:ci', true)).toMatchObject({ unread: 0, muted: true })
      expect(await subscriptions.followers('topic:ci')).toBe(1)
      const { epoch } = (await log.head('topic:ci')) ?? { epoch: '' }
      expect(await subscriptions.followOf('ann', 'topic:ci', epoch)).toEqual({ muted: true, read: [[1, 1]] })
      expect(await subscriptions.followOf('ann', 'topic:ci', 'another')).toEqual({ muted: true, read: [] })
      await subscriptions.unfollow('ann', 'topic:ci')
      expect(await subscriptions.followOf('ann', 'topic:ci', epoch)).toBeUndefined()
      await expect(subscriptions.unfollow('ann', 'all')).rejects.toMatchObject({ code: 'feed_required' })
    })

    it('give a push token to its newest owner only', async () => {
      const { directory, devices } = await open({ now: () => START })
      for (const user of ['ann', 'bob']) await directory.createUser(user)
      await devices.put('ann', 'ann-phone', session, phone('the-same'))
      await devices.put('bob', 'bob-phone', session, phone('the-same'))
      expect(await devices.registrationsOf('ann', 'ann-phone')).toEqual([])
      const [registration] = await devices.registrationsOf('bob', 'bob-phone')
      if (!registration) throw new Error('bob has no registration')
      expect(await devices.drop(registration, START)).toBe(false)
      expect(await devices.drop(registration, START + 1)).toBe(true)
    })

    it('page the devices of followers by user and device', async () => {
      const store = await open()
      for (const user of ['cas', 'ann', 'bob']) await addPhone(store, user)
      const { epoch } = (await store.log.head('all')) ?? { epoch: '' }
      const first = await store.devices.followersOf('all', epoch, { user: '', device: '' }, 2)
      expect(first.map(({ device }) => device.user)).toEqual(['ann', 'bob'])
      const rest = await store.devices.followersOf('all', epoch, { user: 'bob', device: 'bob-phone' }, 2)
      expect(rest.map(({ device }) => device.user)).toEqual(['cas'])
    })

    it('know which devices had a socket', async () => {
      const store = await open()
      const key = await addPhone(store, 'ann')
      await store.devices.noteLive([{ ...key, live: true, at: START }])
      expect(await store.devices.leftLive()).toEqual([key])
      await store.devices.noteLive([{ ...key, live: false, at: START }])
      expect(await store.devices.leftLive()).toEqual([])
    })
  })

  describe(`acks, secrets and the clock ${name}`, () => {
    it('keep the furthest ack of each device and feed, in whatever order they come', async () => {
      const { acks } = await open()
      const ack = (seq: number, epoch = 'e') => ({
        ...{ user: 'ann', device: 'ann-phone', feed: 'all', epoch, seq, time: seq },
      })
      await Promise.all([acks.save([ack(3)]), acks.save([ack(7)]), acks.save([ack(5)])])
      expect(await acks.ackOf('ann', 'ann-phone', 'all', 'e')).toMatchObject({ seq: 7, time: 7 })
      await acks.save([ack(1, 'next')])
      expect(await acks.ackOf('ann', 'ann-phone', 'all', 'e')).toBeUndefined()
      expect(await acks.ackOf('ann', 'ann-phone', 'all', 'next')).toMatchObject({ seq: 1 })
    })

    it('keep the first secret of a name, also of two that come at once', async () => {
      const { secrets } = await open()
      const [one, two] = await Promise.all([secrets.keep('a', 'one'), secrets.keep('a', 'two')])
      expect(one).toBe(two)
      expect(await secrets.keep('a', 'three')).toBe(one)
      expect(await secrets.keep('b', 'four')).toBe('four')
    })

    it('know the last time that was believed', async () => {
      const { clock } = await open()
      expect(await clock.known()).toBeUndefined()
      await clock.believe(await clock.doubt(1000), 2000)
      expect(await clock.known()).toBe(2000)
    })
  })
}
