import { describe, expect, it, onTestFinished } from 'vitest'
import { startGateway } from '../../../e2e/gateway-process'
import { MemoryStorage } from '../../../services/storage/memory'
import { CoreClient } from '../process/core-client'
import { openPostgres } from './database'
import { failOver, startPair } from './pair'

const content = (body: string) => ({ body, priority: 3 as const })

describe('a standby that takes over without the last commits', () => {
  it('gives the feeds that went back a new life before anybody appends to them, and leaves the others', async () => {
    const pair = await startPair({ isWaitedFor: false })
    const { log, bus } = await openPostgres({ uri: pair.uri })
    const told: string[] = []
    bus.on('renewed', () => told.push('renewed'))
    bus.on('appended', ({ messages }) => told.push(...messages.map(({ body }) => body)))
    for (const feed of ['topic:back', 'topic:kept']) await log.append(feed, content('one'))
    const [back, kept] = [await log.head('topic:back'), await log.head('topic:kept')]
    await failOver(pair, async () => {
      await log.append('topic:back', content('two'))
      await log.append('topic:back', content('lost'))
      await log.append('topic:begun', content('lost too'))
    })
    told.length = 0
    await log.append('topic:kept', content('after'))
    // Told before the first append that the new primary took.
    expect(told).toEqual(['renewed', 'after'])
    const next = await log.append('topic:back', content('another'))
    expect(next.seq).toBe(2)
    expect(next.epoch).not.toBe(back?.epoch)
    expect(await log.head('topic:kept')).toMatchObject({ epoch: kept?.epoch, head: 2 })
    expect(await log.append('topic:begun', content('again'))).toMatchObject({ seq: 1 })
  })

  it('is noticed also when another gateway has given the lost seqs to its own messages', async () => {
    const pair = await startPair({ isWaitedFor: false })
    const one = await openPostgres({ uri: pair.uri })
    await one.log.append('topic:back', content('one'))
    const before = await one.log.head('topic:back')
    await failOver(pair, async () => {
      await one.log.append('topic:back', content('lost'))
    })
    // It has no connection that breaks: it comes new, and knows of nothing.
    const other = await openPostgres({ uri: pair.uri })
    expect(await other.log.append('topic:back', content('theirs'))).toMatchObject({
      seq: 2,
      epoch: before?.epoch,
    })
    expect((await one.log.head('topic:back'))?.epoch).not.toBe(before?.epoch)
    const page = await one.log.read('topic:back', { after: 0, limit: 10 })
    expect(page.map(({ body }) => body)).toEqual(['one', 'theirs'])
  })

  it('takes no feed for lost whose messages retention has dropped', async () => {
    const pair = await startPair({ isWaitedFor: false })
    const { log } = await openPostgres({ uri: pair.uri, retention: { maxAgeMs: 10 ** 15, maxCount: 1 } })
    await log.append('topic:a', content('one'))
    await log.append('topic:a', content('two'))
    const { epoch } = await log.append('topic:a', content('three'))
    await log.trim(undefined)
    await failOver(pair, () => Promise.resolve())
    expect(await log.head('topic:a')).toMatchObject({ epoch, from: 3, head: 3 })
  })

  it('leaves a device with what the log has, and nothing that comes next is missed', async () => {
    const pair = await startPair({ isWaitedFor: false })
    const gateway = await startGateway({ HERALD_STORE: pair.uri })
    onTestFinished(() => gateway.dispose())
    const { token } = await gateway.readToken('me')
    const client = await CoreClient.start(gateway.url, token, 'device-lost', new MemoryStorage())
    onTestFinished(() => {
      client.stop()
    })
    const shown = () => client.rows('user:me').map(({ body }) => body)
    await gateway.publish('user:me', { body: 'kept' })
    await failOver(pair, async () => {
      for (const body of ['lost 1', 'lost 2', 'lost 3']) await gateway.publish('user:me', { body })
      await expect.poll(() => shown().includes('lost 3')).toBe(true)
    })
    const publish = async (body: string) => (await gateway.publish('user:me', { body })).status
    await expect.poll(() => publish('after 1'), { interval: 500 }).toBe(201)
    await publish('after 2')
    await expect.poll(() => ['kept', 'after 1', 'after 2'].every((body) => shown().includes(body))).toBe(true)
  }, 120_000)
})
