import type { DeviceBody } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { ACKING_DEVICES } from '../../../gateway/stores/kept'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { allRows, getRow } from '../../../gateway/stores/sqlite/statements'
import type { OpenedStore } from '../../../gateway/stores/sqlite/open'
import { NO_LIMITS, type UserLimits } from '../../../gateway/contracts/user-limits'
import { openTestStore } from '../temporary-store'

const device: DeviceBody = { platform: 'h5', notifications: true, preview: true, sound: true, push: [] }
const reader = { label: 'phone', publish: [], read: true, admin: false }

async function openFor(limits: Partial<UserLimits>) {
  const clock = { ms: 1_000_000 }
  const opened = await openTestStore({ limits: { ...NO_LIMITS, ...limits }, now: () => clock.ms })
  await opened.directory.createUser('ann')
  const { info } = await opened.directory.createToken('ann', reader)
  const put = (id: string, expires: number | null = null) =>
    opened.devices.put('ann', id, { ...info, expires }, device)
  return { ...opened, clock, info, put }
}

const feedNames = ({ store }: Pick<OpenedStore, 'store'>): string[] =>
  allRows<{ name: string }>(store.reader, 'SELECT name FROM feeds ORDER BY name').map(({ name }) => name)

const count = ({ store }: Pick<OpenedStore, 'store'>, what: string): number =>
  getRow<{ n: number }>(store.reader, `SELECT count(*) AS n FROM ${what}`)?.n ?? 0

describe('one user', () => {
  it('follows no more topics than one may, leaves no row with what is refused, and may go on muting', async () => {
    const opened = await openFor({ topics: 2 })
    const { subscriptions } = opened
    await subscriptions.follow('ann', 'topic:a', undefined)
    await subscriptions.follow('ann', 'topic:b', undefined)
    await expect(subscriptions.follow('ann', 'topic:c', undefined)).rejects.toMatchObject({
      code: 'topic_limit',
    })
    expect(feedNames(opened)).toEqual(['all', 'topic:a', 'topic:b', 'user:ann'])
    expect(await opened.log.head('topic:c')).toBeUndefined()
    expect(await subscriptions.follow('ann', 'topic:a', true)).toMatchObject({ muted: true })
    expect(await subscriptions.follow('ann', 'user:ann', true)).toMatchObject({ muted: true })
    await subscriptions.unfollow('ann', 'topic:a')
    expect(await subscriptions.follow('ann', 'topic:c', undefined)).toMatchObject({ feed: 'topic:c' })
  })

  it('follows no more topics than one may when the requests come at once', async () => {
    const opened = await openFor({ topics: 3 })
    const names = Array.from({ length: 20 }, (_, index) => `topic:t${String(index)}`)
    const results = await Promise.allSettled(
      names.map((feed) => opened.subscriptions.follow('ann', feed, undefined)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
    expect(count(opened, 'feeds')).toBe(5)
  })

  it('has no more devices than one may; ones that are known, signed out or expired are not in the way', async () => {
    const opened = await openFor({ devices: 2 })
    await opened.put('device-0001')
    await opened.put('device-0002', 1_000_500)
    await expect(opened.put('device-0003')).rejects.toMatchObject({ code: 'device_limit' })
    await opened.put('device-0001')
    opened.clock.ms = 1_000_500
    await opened.put('device-0003')
    await expect(opened.put('device-0004')).rejects.toMatchObject({ code: 'device_limit' })
    await opened.devices.end('ann', 'device-0001')
    await opened.put('device-0004')
  })

  it('fills no table with devices that come and go', async () => {
    const opened = await openFor({ devices: 3 })
    for (let index = 0; index < 60; index += 1) {
      const id = `device-${String(index).padStart(4, '0')}`
      await opened.put(id)
      await opened.devices.end('ann', id)
    }
    expect(count(opened, 'devices')).toBeLessThanOrEqual(20)
    for (let index = 0; index < 60; index += 1)
      await opened.put(`expired-${String(index)}`, opened.clock.ms - 1)
    expect(count(opened, 'devices')).toBeLessThanOrEqual(25)
  })

  it('fills no table with the acks of devices that are not registered', async () => {
    const opened = await openFor({})
    const acks = new AckBuffer(opened.acks, (error) => {
      throw error
    })
    const ackOf = (index: number) => {
      const id = `device-${String(index).padStart(4, '0')}`
      acks.record({ user: 'ann', device: id, feed: 'all', epoch: 'e', seq: 1, time: index })
      return id
    }
    for (let index = 0; index < ACKING_DEVICES + 50; index += 1) ackOf(index)
    await acks.flush()
    expect(count(opened, 'acks')).toBe(ACKING_DEVICES)
    expect(await acks.ackOf('ann', 'device-0000', 'all', 'e')).toBeUndefined()
    expect(await acks.ackOf('ann', 'device-0249', 'all', 'e')).toBeDefined()
  })

  it('has no more tokens than one may, and a sign-in that is refused keeps its code', async () => {
    const { directory, info, store } = await openFor({ tokens: 2 })
    await directory.createToken('ann', reader)
    await expect(directory.createToken('ann', reader)).rejects.toMatchObject({ code: 'token_limit' })
    const { code } = await directory.createSignInCode('ann')
    await expect(directory.redeemSignInCode(code, '')).rejects.toMatchObject({ code: 'token_limit' })
    await directory.revokeToken(info.id)
    expect(await directory.redeemSignInCode(code, '')).toMatchObject({ user: { id: 'ann' } })
    await expect(directory.createToken(null, { ...reader, read: false, admin: true })).resolves.toBeDefined()
    expect(getRow(store.reader, 'SELECT count(*) AS n FROM sign_in_codes')).toMatchObject({ n: 0 })
  })

  it('has tokens that expired out of the way, and only the newest of those that are over are kept', async () => {
    const opened = await openFor({ tokens: 2 })
    for (let index = 0; index < 130; index += 1) {
      await opened.directory.createToken('ann', { ...reader, ttl: 1 })
      opened.clock.ms += 1000
    }
    expect(count(opened, "tokens WHERE user = 'ann'")).toBeLessThan(105)
  })

  it('has no more open sign-in codes than one may; used, expired and taken back ones do not count', async () => {
    const { directory, clock } = await openFor({ codes: 2 })
    const first = await directory.createSignInCode('ann')
    const second = await directory.createSignInCode('ann')
    const refused = { code: 'sign_in_code_limit' }
    await expect(directory.createSignInCode('ann')).rejects.toMatchObject(refused)
    await directory.redeemSignInCode(first.code, '')
    await directory.createSignInCode('ann')
    await directory.dropSignInCodes('ann', second.id)
    await directory.createSignInCode('ann')
    await expect(directory.createSignInCode('ann')).rejects.toMatchObject(refused)
    clock.ms += 3_600_001
    await expect(directory.createSignInCode('ann')).resolves.toBeDefined()
  })
})

describe('a read', () => {
  it('that crosses an unfollow leaves no row', async () => {
    const opened = await openFor({})
    const { subscriptions, log } = opened
    await subscriptions.follow('ann', 'topic:ops', undefined)
    const { epoch } = await log.append('topic:ops', { body: 'x', priority: 3 })
    const left = subscriptions.unfollow('ann', 'topic:ops')
    const read = subscriptions.markRead('ann', 'topic:ops', epoch, [[1, 1]])
    await Promise.all([left, expect(read).rejects.toMatchObject({ code: 'epoch_unknown' })])
    expect(count(opened, "reads WHERE feed = 'topic:ops'")).toBe(0)
  })
})

describe('a topic without messages', () => {
  it('leaves no row behind when it is left, and none that an older version left', async () => {
    const opened = await openFor({})
    const { subscriptions, log, directory } = opened
    await directory.createUser('bob')
    await subscriptions.follow('ann', 'topic:quiet', undefined)
    await subscriptions.follow('bob', 'topic:quiet', undefined)
    await subscriptions.unfollow('ann', 'topic:quiet')
    expect(await log.head('topic:quiet')).toBeDefined()
    await subscriptions.unfollow('bob', 'topic:quiet')
    expect(await log.head('topic:quiet')).toBeUndefined()
    for (let index = 0; index < 200; index += 1) await log.open(`topic:old${String(index)}`)
    await subscriptions.follow('ann', 'topic:kept', undefined)
    await log.append('topic:busy', { body: 'x', priority: 3 })
    await log.trim(undefined)
    expect(feedNames(opened)).toEqual(['all', 'topic:busy', 'topic:kept', 'user:ann', 'user:bob'])
    expect(await log.head('topic:old7')).toBeUndefined()
  })

  it('begins anew with the next message, also with one that was on its way', async () => {
    const opened = await openFor({})
    const { subscriptions, log } = opened
    const before = await subscriptions.follow('ann', 'topic:quiet', undefined)
    const left = subscriptions.unfollow('ann', 'topic:quiet')
    const sent = log.append('topic:quiet', { body: 'x', priority: 3 })
    await left
    const { seq, epoch } = await sent
    expect(seq).toBe(1)
    expect(epoch).not.toBe(before.epoch)
    expect(await log.head('topic:quiet')).toMatchObject({ epoch, from: 1, head: 1 })
    expect(await log.read('topic:quiet', { after: 0, limit: 5 })).toHaveLength(1)
    expect(await subscriptions.follow('ann', 'topic:quiet', undefined)).toMatchObject({
      epoch,
      head: 1,
      unread: 0,
    })
  })

  it('is kept as it is by a follower who comes while it is dropped', async () => {
    const { subscriptions, log } = await openFor({})
    await log.open('topic:quiet')
    const [state] = await Promise.all([
      subscriptions.follow('ann', 'topic:quiet', undefined),
      log.trim(undefined),
    ])
    expect(await log.head('topic:quiet')).toMatchObject({ epoch: state.epoch, head: 0 })
    expect((await log.append('topic:quiet', { body: 'x', priority: 3 })).epoch).toBe(state.epoch)
  })
})
