import { PostgresServer } from '@herald/engines/postgres'
import { createConnection, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openPostgres } from './database'
import { newDatabase } from './new-database'
import { startPair } from './pair'

/**
 * A way to the database that can lose what it says: it cuts the connection behind the next bytes that hold a word, or lets
 * nothing through and says nothing of it.
 */
async function openCutter(uri: string) {
  const target = new URL(uri)
  const from = { port: Number(target.port), host: target.hostname }
  const sockets = new Set<Socket>()
  let word: string | undefined
  let cuts = 0
  let isSilent = false
  const server = createServer((client) => {
    const database = createConnection(from)
    for (const socket of [client, database]) sockets.add(socket.on('error', () => undefined))
    const both = (): void => {
      client.destroy()
      database.destroy()
    }
    client.on('close', both)
    database.on('close', both)
    database.on('data', (bytes: Buffer) => !isSilent && client.write(bytes))
    client.on('data', (bytes: Buffer) => {
      if (isSilent) return
      if (word === undefined || !bytes.includes(word)) {
        database.write(bytes)
        return
      }
      word = undefined
      cuts += 1
      // The database hears it, and its answer nobody.
      client.destroy()
      database.end(bytes)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('it has no port')
  target.port = String(address.port)
  return {
    uri: target.toString(),
    /** The connection that says this next is cut behind it. */
    cutBehind(next: string) {
      word = next
    },
    get cuts() {
      return cuts
    },
    /** Whether nothing comes through, on connections that stay. */
    set isSilent(value: boolean) {
      isSilent = value
    },
  }
}

describe('a store whose database loses the answer to a commit', () => {
  it('appends the message once, and says so', async () => {
    const cutter = await openCutter(await newDatabase())
    const { log } = await openPostgres({ uri: cutter.uri })
    await log.append('topic:a', { body: 'first', priority: 3 })
    cutter.cutBehind('COMMIT')
    const second = await log.append('topic:a', { body: 'second', priority: 3 })
    expect(cutter.cuts).toBe(1)
    expect(second).toMatchObject({ seq: 2, repeated: false })
    const page = await log.read('topic:a', { after: 0, limit: 10 })
    expect(page.map(({ body, id }) => [body, id === second.id])).toEqual([
      ['first', false],
      ['second', true],
    ])
  })

  it('has made a user that it made, and does not say that there was one', async () => {
    const cutter = await openCutter(await newDatabase())
    const { directory } = await openPostgres({ uri: cutter.uri })
    cutter.cutBehind('COMMIT')
    expect(await directory.createUser('ann')).toEqual({ id: 'ann', name: 'ann' })
    expect(cutter.cuts).toBe(1)
    await expect(directory.createUser('ann')).rejects.toMatchObject({ code: 'user_exists' })
  })

  it('begins a transaction anew that was cut before its commit', async () => {
    const cutter = await openCutter(await newDatabase())
    const { log } = await openPostgres({ uri: cutter.uri })
    cutter.cutBehind('INSERT INTO messages')
    expect(await log.append('topic:a', { body: 'x', priority: 3 })).toMatchObject({ seq: 1 })
    expect(cutter.cuts).toBe(1)
    expect(await log.head('topic:a')).toMatchObject({ head: 1 })
  })
})

describe('a store whose database falls silent', () => {
  it('says so in some seconds to whoever reads or writes, and goes on when it speaks again', async () => {
    const cutter = await openCutter(await newDatabase())
    const store = await openPostgres({ uri: cutter.uri })
    await store.log.append('topic:a', { body: 'first', priority: 3 })
    cutter.isSilent = true
    const begun = performance.now()
    const unavailable = { status: 'rejected', reason: { code: 'storage_unavailable' } }
    const asked = await Promise.allSettled([
      store.log.read('topic:a', { after: 0, limit: 10 }),
      store.directory.listUsers(),
      store.cluster?.gateways.renew(
        {
          ...{ id: 'one', name: 'one', version: '1', connections: 0, bus: 'ok' },
        },
        true,
      ),
    ])
    expect(asked).toMatchObject([unavailable, unavailable, unavailable])
    expect(performance.now() - begun).toBeLessThan(30_000)
    cutter.isSilent = false
    expect(await store.log.append('topic:a', { body: 'second', priority: 3 })).toMatchObject({ seq: 2 })
  })
})

describe('a store whose primary is killed', () => {
  it('goes on with the standby that is promoted: nothing that was answered is lost, and nothing stands twice', async () => {
    const { primary, standby, uri } = await startPair()
    const { log } = await openPostgres({ uri })
    const answered: { seq: number; id: string }[] = []
    let stop = false
    const sender = async (name: number): Promise<void> => {
      for (let count = 0; !stop; count += 1) {
        const key = { scope: String(name), key: String(count), fingerprint: 'x' }
        answered.push(await repeated(() => log.append('topic:a', { body: 'x', priority: 3 }, key)))
      }
    }
    const senders = Array.from({ length: 8 }, (_, name) => sender(name))
    await expect.poll(() => answered.length).toBeGreaterThan(50)
    await primary.kill()
    standby.promote()
    const before = answered.length
    await expect.poll(() => answered.length).toBeGreaterThan(before + 50)
    stop = true
    await Promise.all(senders)
    const head = await log.head('topic:a')
    const stored = await log.read('topic:a', { after: 0, limit: 10_000 })
    expect(stored.map(({ seq }) => seq)).toEqual(
      Array.from({ length: head?.head ?? 0 }, (_, index) => index + 1),
    )
    const ids = new Map(stored.map(({ id, seq }) => [seq, id]))
    expect(answered.filter(({ seq, id }) => ids.get(seq) !== id)).toEqual([])
    expect(new Set(answered.map(({ id }) => id)).size).toBe(answered.length)
  })

  it('says storage_unavailable while there is no other', async () => {
    const server = await PostgresServer.start({ settings: { fsync: 'off' } })
    onTestFinished(() => server.dispose())
    const store = await openPostgres({ uri: server.uri() })
    await server.kill()
    await expect(store.log.append('topic:a', { body: 'x', priority: 3 })).rejects.toMatchObject({
      code: 'storage_unavailable',
    })
    expect(store.writable).toBe(false)
    await server.run()
    expect(await store.log.append('topic:a', { body: 'x', priority: 3 })).toMatchObject({ seq: 1 })
    expect(store.writable).toBe(true)
  })
})

/** As a sender does: again, under the same key, until it is answered. */
async function repeated<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if ((error as { code?: string }).code !== 'storage_unavailable') throw error
    }
  }
}
