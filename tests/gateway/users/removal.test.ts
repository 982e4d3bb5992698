import type { DeviceBody, PushRegistration } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { AckBuffer } from '../../../gateway/presence/ack-buffer'
import { insertPush } from '../../../gateway/stores/sqlite/push-rows'
import { allRows, getRow } from '../../../gateway/stores/sqlite/statements'
import { openForWriting, runBatch } from '../../../gateway/stores/sqlite/writer'
import type { OpenedStore } from '../../../gateway/stores/sqlite/open'
import { join } from 'node:path'
import { openTestStore, temporaryFolder } from '../temporary-store'

const reader = { label: 'phone', publish: [], read: true, admin: false }
const registration: PushRegistration = {
  ...{ provider: 'jpush', app: 'a', environment: 'production', kind: 'alert', token: 'registration-1' },
}
const device: DeviceBody = {
  ...{ platform: 'h5', notifications: true, preview: true, sound: true },
  push: [registration],
}

/** A store in which ann has one of everything, and bob too. */
async function openWithUsers() {
  const opened = await openTestStore()
  const { directory, devices, subscriptions, log } = opened
  const acks = new AckBuffer(opened.acks, (error) => {
    throw error
  })
  const tokens: Record<string, Awaited<ReturnType<typeof directory.createToken>>> = {}
  for (const user of ['bob', 'ann']) {
    await directory.createUser(user)
    const token = await directory.createToken(user, reader)
    tokens[user] = token
    await devices.put(user, `device-of-${user}`, token.info, {
      ...device,
      push: [{ ...registration, token: `registration-${user}` }],
    })
    await directory.createSignInCode(user)
    await subscriptions.follow(user, 'topic:ops', true)
    const { epoch } = await log.append(`user:${user}`, { body: 'x', priority: 3 })
    await subscriptions.markRead(user, `user:${user}`, epoch, [[1, 1]])
    acks.record({ user, device: `device-of-${user}`, feed: 'all', epoch: 'e', seq: 1, time: 1 })
  }
  await acks.flush()
  return { ...opened, acks, tokens }
}

/** Tables in which anything names the user. */
function tablesNaming({ store }: Pick<OpenedStore, 'store'>, user: string): string[] {
  const tables = allRows<{ name: string }>(
    store.reader,
    "SELECT name FROM sqlite_master WHERE type = 'table'",
  )
  return tables
    .map(({ name }) => name)
    .filter((name) => {
      const rows = store.reader.prepare(`SELECT * FROM ${name}`).all() as Record<string, unknown>[]
      return rows.some((row) =>
        Object.values(row).some(
          (value) => typeof value === 'string' && new RegExp(`\\b${user}\\b`).test(value),
        ),
      )
    })
}

describe('a user who is removed', () => {
  it('leaves nothing but the closed id, and takes nothing from others', async () => {
    const opened = await openWithUsers()
    const before = tablesNaming(opened, 'bob')
    const ended: string[] = []
    opened.bus.on('user_ended', ({ user }) => ended.push(user))
    await opened.directory.removeUser('ann')
    expect(ended).toEqual(['ann'])
    expect(tablesNaming(opened, 'ann')).toEqual(['removed_users'])
    expect(tablesNaming(opened, 'bob')).toEqual(before)
    expect(await opened.log.head('user:ann')).toBeUndefined()
    expect(await opened.log.head('user:bob')).toMatchObject({ head: 1 })
    await expect(opened.directory.authenticate(opened.tokens.ann?.token ?? '')).rejects.toMatchObject({
      code: 'token_invalid',
    })
    await expect(opened.directory.removeUser('ann')).rejects.toMatchObject({ code: 'user_not_found' })
  })

  it('leaves nothing behind, whatever was on its way to the disk', async () => {
    const opened = await openWithUsers()
    const { directory, devices, subscriptions, log, acks, tokens, bus } = opened
    const info = tokens.ann?.info
    if (!info) throw new Error('ann has no token')
    const epoch = (await log.head('user:ann'))?.epoch ?? ''
    bus.on('user_ended', ({ user }) => {
      acks.forget(user)
    })
    acks.record({ user: 'ann', device: 'device-of-ann', feed: 'all', epoch: 'e', seq: 9, time: 9 })
    const removed = directory.removeUser('ann')
    acks.record({ user: 'ann', device: 'another-device', feed: 'all', epoch: 'e', seq: 9, time: 9 })
    const late = await Promise.allSettled([
      devices.put('ann', 'device-too-late', info, device),
      subscriptions.follow('ann', 'topic:too-late', undefined),
      subscriptions.markRead('ann', 'user:ann', epoch, [[1, 1]]),
      directory.createToken('ann', reader),
      directory.createSignInCode('ann'),
      log.append('user:ann', { body: 'late', priority: 3 }),
      acks.flush(),
    ])
    await removed
    await acks.flush()
    const codes = late.map((result) =>
      result.status === 'fulfilled' ? 'done' : (result.reason as { code: string }).code,
    )
    expect(codes).toEqual([
      ...['user_disabled', 'user_disabled', 'epoch_unknown', 'user_not_found', 'user_not_found'],
      ...['user_not_found', 'done'],
    ])
    expect(tablesNaming(opened, 'ann')).toEqual(['removed_users'])
    expect(await log.head('topic:too-late')).toBeUndefined()
  })

  it('is not brought back by a JWT, and by an administrator with nothing of before', async () => {
    const { directory, log, subscriptions } = await openWithUsers()
    const epoch = (await log.head('user:ann'))?.epoch
    await directory.removeUser('ann')
    await expect(directory.admitUser('ann', 'Ann')).rejects.toMatchObject({ code: 'user_disabled' })
    expect((await directory.listUsers()).map(({ id }) => id)).toEqual(['bob'])
    await directory.createUser('ann', 'Ann again')
    expect(await directory.admitUser('ann')).toEqual({
      user: { id: 'ann', name: 'Ann again' },
      created: false,
    })
    expect(await log.head('user:ann')).toMatchObject({ head: 0 })
    expect((await log.head('user:ann'))?.epoch).not.toBe(epoch)
    expect((await subscriptions.feedsOf('ann')).map(({ feed, read }) => [feed, read])).toEqual([
      ['user:ann', []],
      ['all', []],
    ])
  })

  it('is cleared up in steps, which a kill may cut short', async () => {
    const first = await openTestStore()
    await first.directory.createUser('ann')
    await Promise.all(
      Array.from({ length: 2500 }, () => first.log.append('user:ann', { body: 'x', priority: 3 })),
    )
    // What a kill right after the first step leaves.
    await first.store.write('removeUser', { id: 'ann', now: 1 })
    await first.store.close()
    const { directory, store, log } = await openTestStore({ folder: first.folder })
    expect(await log.head('user:ann')).toBeUndefined()
    await directory.createUser('ann')
    await log.append('user:ann', { body: 'new', priority: 3 })
    await directory.drainRemoved()
    expect(getRow(store.reader, 'SELECT count(*) AS n FROM messages')).toMatchObject({ n: 1 })
    expect(getRow(store.reader, 'SELECT count(*) AS n FROM removals')).toMatchObject({ n: 0 })
    expect(await log.read('user:ann', { after: 0, limit: 9 })).toMatchObject([{ seq: 1, body: 'new' }])
  })

  it('has no push left that is still to be made', () => {
    const db = openForWriting({ file: join(temporaryFolder(), 'x.db'), maxBytes: 0 })
    insertPush(db, {
      ...{ user: 'ann', device: 'device-1', feed: 'all', epoch: 'e', first: 1, last: 1 },
      ...{ state: 'waiting', reason: 'awaiting_ack', due: 5, now: 1 },
    })
    const user = { id: 'ann', name: 'Ann', created: 1, epochs: ['a', 'b'], by: 'administrator' } as const
    runBatch(db, [
      { name: 'createUser', args: user },
      { name: 'removeUser', args: { id: 'ann', now: 2 } },
    ])
    expect(allRows(db, 'SELECT * FROM pushes')).toEqual([])
    db.close()
  })
})

describe('a user who is disabled', () => {
  it('cannot be acted as by token or JWT, is not rung, and has everything when enabled', async () => {
    const { directory, devices, log, tokens, subscriptions, bus } = await openWithUsers()
    const { token = '', info } = tokens.ann ?? {}
    await directory.authenticate(token)
    const { code } = await directory.createSignInCode('ann')
    const ended: string[] = []
    bus.on('user_ended', ({ user }) => ended.push(user))
    await directory.disableUser('ann')
    const refused = { code: 'user_disabled' }
    expect(ended).toEqual(['ann'])
    await expect(directory.authenticate(token)).rejects.toMatchObject(refused)
    await expect(directory.admitUser('ann')).rejects.toMatchObject(refused)
    await expect(directory.createToken('ann', reader)).rejects.toMatchObject(refused)
    await expect(directory.createSignInCode('ann')).rejects.toMatchObject(refused)
    if (info) await expect(devices.put('ann', 'device-0001', info, device)).rejects.toMatchObject(refused)
    expect(await devices.listOf('ann')).toEqual([])
    expect(await devices.registrationsOf('ann', 'device-of-ann')).toEqual([])
    expect(await directory.listUsers()).toMatchObject([
      { id: 'ann', disabled: expect.any(Number) },
      { id: 'bob', disabled: null },
    ])
    await log.append('user:ann', { body: 'kept', priority: 3 })

    await directory.enableUser('ann')
    expect(await directory.authenticate(token)).toMatchObject({ user: { id: 'ann' } })
    expect(await directory.admitUser('ann')).toMatchObject({ user: { id: 'ann' } })
    await expect(directory.redeemSignInCode(code, '')).rejects.toMatchObject({ code: 'sign_in_code_invalid' })
    expect((await subscriptions.feedsOf('ann'))[0]).toMatchObject({ head: 2, unread: 1 })
    await expect(directory.disableUser('nobody')).rejects.toMatchObject({ code: 'user_not_found' })
    await expect(directory.enableUser('nobody')).rejects.toMatchObject({ code: 'user_not_found' })
  })
})

describe('the name that all JWTs of a user share', () => {
  it('ends no device when it is revoked', async () => {
    const { directory, devices, tokens, bus } = await openWithUsers()
    const info = tokens.ann?.info
    if (!info) throw new Error('ann has no token')
    const jwt = { ...info, id: 'jwt:ann' }
    await devices.put('ann', 'device-0001', jwt, { ...device, push: [] })
    await devices.put('ann', 'device-0002', jwt, { ...device, push: [] })
    const revoked: string[] = []
    bus.on('revoked', ({ tokenId }) => revoked.push(tokenId))
    await expect(directory.revokeToken('jwt:ann')).rejects.toMatchObject({ code: 'token_not_found' })
    expect(revoked).toEqual([])
    expect((await devices.listOf('ann')).map(({ id }) => id)).toEqual([
      'device-0001',
      'device-0002',
      'device-of-ann',
    ])
  })
})

describe('the last use of a token', () => {
  it('is known to some minutes, and costs no write for each request', async () => {
    let now = 1_000_000
    const opened = await openTestStore({ now: () => now })
    const writes: string[] = []
    await opened.directory.createUser('ann')
    const { token, info } = await opened.directory.createToken('ann', reader)
    expect(await opened.directory.lastUseOf(info.id)).toBeNull()
    opened.store.onCommit((committed) => writes.push(...committed.map(({ call }) => call.name)))
    for (let request = 0; request < 500; request += 1) await opened.directory.authenticate(token)
    expect(await opened.directory.lastUseOf(info.id)).toBe(1_000_000)
    await opened.directory.flushUses()
    await opened.directory.flushUses()
    expect(writes).toEqual(['noteUses'])
    now += 400_000
    await opened.directory.authenticate(token)
    await opened.directory.flushUses()
    const again = await openTestStore({ folder: opened.folder })
    expect(await again.directory.lastUseOf(info.id)).toBe(1_400_000)
  })
})
