import { Client } from 'pg'
import { describe, expect, it } from 'vitest'
import type { Store } from '../../../gateway/contracts/store'
import { accept, addPhone, claim, leavePush, START } from '../contracts/world'
import { openPostgres } from './database'
import { newDatabase } from './new-database'

/** Stores of several gateways on one database. */
async function openSeveral(
  count: number,
  options: Parameters<typeof openPostgres>[0] = {},
): Promise<Store[]> {
  const uri = await newDatabase()
  return Promise.all(Array.from({ length: count }, () => openPostgres({ ...options, uri })))
}

/** One of them, in turn. */
const oneOf = (stores: readonly Store[], index: number): Store => {
  const store = stores[index % stores.length]
  if (!store) throw new Error('there is no store')
  return store
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

describe('several gateways on one database', () => {
  it('give each feed one seq after the other, whoever appends', async () => {
    const stores = await openSeveral(3)
    const feeds = ['topic:a', 'topic:b', 'topic:c']
    const appended = await Promise.all(
      range(600).map((index) =>
        oneOf(stores, index).log.append(feeds[(index % 7) % feeds.length] ?? '', {
          body: String(index),
          priority: 3,
        }),
      ),
    )
    for (const feed of feeds) {
      const seqs = appended.filter((one) => one.feed === feed).map(({ seq }) => seq)
      expect([...seqs].sort((a, b) => a - b)).toEqual(range(seqs.length).map((index) => index + 1))
      const page = await oneOf(stores, 0).log.read(feed, { after: 0, limit: 1000 })
      expect(page.map(({ seq }) => seq)).toEqual(range(seqs.length).map((index) => index + 1))
    }
  })

  it('keep one message of a key that comes to all of them at once', async () => {
    const stores = await openSeveral(3)
    const key = { scope: 't_one', key: 'order-1', fingerprint: 'same' }
    const answers = await Promise.all(
      range(30).map((index) => oneOf(stores, index).log.append('topic:a', { body: 'x', priority: 3 }, key)),
    )
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
    expect(await oneOf(stores, 0).log.head('topic:a')).toMatchObject({ head: 1 })
  })

  it('let one of two feeds have a key that comes for both at once', async () => {
    const stores = await openSeveral(2)
    const key = { scope: 't_one', key: 'order-1' }
    const answers = await Promise.allSettled(
      range(8).map((index) =>
        oneOf(stores, index).log.append(
          `topic:${String(index)}`,
          { body: 'x', priority: 3 },
          { ...key, fingerprint: String(index) },
        ),
      ),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  it('find what was pushed, who is where and who has signed out, of many devices by one question each', async () => {
    const [one, other] = await openSeveral(2)
    if (!one?.cluster || !other?.cluster) throw new Error('two were asked for')
    const key = await addPhone(one, 'ann')
    // What is due by the database's clock in a moment is due by then.
    const now = Date.now() + 1000
    await leavePush(one, key, now)
    const [row] = await claim(one, now)
    if (!row) throw new Error('nothing was due')
    const devices = [key, { user: 'ann', device: 'another' }]
    expect(await other.cluster.missed.pushed(devices, 1000)).toEqual([])
    await accept(one, row, now)
    expect(await other.cluster.missed.pushed(devices, 1000)).toEqual([key])
    const socket = { ...key, platform: 'ios', app: undefined, tokenId: 't_1' } as const
    await one.cluster.presence.enter('one', socket, 'foreground')
    await one.cluster.presence.enter('one', { ...socket, user: 'bob' }, 'background')
    const known = await other.cluster.presence.of(['ann', 'bob', 'cleo'])
    expect(known.map(({ user, state }) => [user, state]).sort()).toEqual([
      ['ann', 'foreground'],
      ['bob', 'background'],
    ])
    await one.devices.end('ann', key.device)
    const { devices: ended } = await other.cluster.missed.ended({ tokens: [], users: [], devices })
    expect(ended).toMatchObject([key])
    expect(Math.abs((ended[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000)
  })

  it('take back what is read on one and pushed by another at the same moment', async () => {
    const stores = await openSeveral(2, { now: () => START })
    const [one, other] = [oneOf(stores, 0), oneOf(stores, 1)]
    const key = await addPhone(one, 'ann')
    for (let seq = 1; seq <= 25; seq += 1) {
      await leavePush(one, key, START)
      const [row] = await claim(one, START)
      if (!row) throw new Error('nothing was due')
      await Promise.all([
        accept(one, row, START),
        other.subscriptions.markRead('ann', row.feed, row.epoch, [[seq, seq]]),
      ])
      const standing = await one.pushes.pushOf(key, row.feed, row.epoch, seq)
      expect(standing).toMatchObject({ state: 'clearing', reason: 'read' })
      await one.pushes.settle([
        { keys: [row], state: 'cleared', reason: 'read', due: null, step: { time: START, reason: 'read' } },
      ])
    }
  })

  it('have each push, and each device, with one of them at a time', async () => {
    const stores = await openSeveral(8, { now: () => START })
    const first = oneOf(stores, 0)
    for (const index of range(24))
      await leavePush(first, await addPhone(first, `user${String(index)}`), START)
    const claims = await Promise.all(
      stores.map(async (store, index) =>
        (
          await store.pushes.claimPushes({
            ...{ owner: `gateway-${String(index)}`, now: START, until: START + 60_000, limit: 5 },
          })
        ).flat(),
      ),
    )
    const taken = claims.flat().map(({ user }) => user)
    expect(new Set(taken).size).toBe(taken.length)
    expect(taken.length).toBeGreaterThan(0)
    // What comes for a device while another gateway has it waits for that gateway.
    const [mine] = claims.flat()
    const holder = claims.findIndex((rows) => rows.some((row) => row === mine))
    if (!mine) throw new Error('nobody has anything')
    await leavePush(first, mine, START)
    const others = await oneOf(stores, holder + 1).pushes.claimPushes({
      ...{ owner: 'another', now: START, until: START + 60_000, limit: 100 },
    })
    expect(others.flat().filter(({ user }) => user === mine.user)).toEqual([])
    await accept(oneOf(stores, holder), mine, START)
    const freed = await claim(oneOf(stores, holder + 1), START, 'another')
    expect(freed.map(({ user }) => user)).toContain(mine.user)
  })

  it('keep a topic that one follows while another finds it empty', async () => {
    const stores = await openSeveral(2)
    const [one, other] = [oneOf(stores, 0), oneOf(stores, 1)]
    await one.directory.createUser('ann')
    await one.directory.createUser('bob')
    for (const index of range(20)) {
      const topic = `topic:t${String(index)}`
      await one.subscriptions.follow('bob', topic, undefined)
      await Promise.all([
        one.subscriptions.unfollow('bob', topic),
        other.subscriptions.follow('ann', topic, undefined),
      ])
      expect(await one.log.head(topic)).toBeDefined()
    }
    expect(await one.subscriptions.feedsOf('ann')).toHaveLength(22)
  })

  it('make the tables of an empty database once when they start at the same moment', async () => {
    const server = (await newDatabase()).replace(/[^/]*$/, '')
    const name = `fresh_${String(process.pid)}`
    const client = new Client({ connectionString: `${server}postgres` })
    await client.connect()
    await client.query(`CREATE DATABASE ${name}`)
    await client.end()
    const stores = await Promise.all(range(3).map(() => openPostgres({ uri: `${server}${name}` })))
    const users = await Promise.allSettled(stores.map(({ directory }) => directory.createUser('me')))
    expect(users.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await oneOf(stores, 2).directory.listUsers()).toMatchObject([{ id: 'me' }])
  })
})
