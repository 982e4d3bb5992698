import { describe, expect, it } from 'vitest'
import { openPostgres } from './database'
import { askServer, standbyState, startPair } from './pair'

const content = (body: string) => ({ body, priority: 3 as const })

const keyOf = (key: string) => ({ scope: 't_one', key, fingerprint: key })

const UNAVAILABLE = { code: 'storage_unavailable' }

describe('a database whose standby is gone, for which it waits', () => {
  it('refuses what is published and goes on reading; what was under way stands once when the standby is back', async () => {
    const { primary, standby, uri } = await startPair()
    const { log, bus, directory } = await openPostgres({ uri })
    const first = await log.append('topic:a', content('first'))
    const told: string[] = []
    bus.on('appended', ({ messages }) => told.push(...messages.map(({ body }) => body)))
    await standby.kill()
    const waiting = await Promise.allSettled([
      log.append('topic:a', content('late'), keyOf('late')),
      directory.createUser('ann'),
    ])
    expect(waiting).toMatchObject([{ reason: UNAVAILABLE }, { reason: UNAVAILABLE }])
    // Nothing is added to what waits, however much is asked.
    for (let count = 0; count < 40; count += 1)
      await expect(log.append('topic:a', content('refused'))).rejects.toMatchObject(UNAVAILABLE)
    const [row] = await askServer<{ waiting: number }>(
      primary,
      "SELECT count(*)::int AS waiting FROM pg_stat_activity WHERE wait_event = 'SyncRep'",
    )
    expect(row?.waiting).toBeLessThanOrEqual(2)
    expect(await log.read('topic:a', { after: 0, limit: 10 })).toMatchObject([{ id: first.id }])

    await standby.run()
    await expect.poll(() => standbyState(primary)).toBe('sync')
    await expect.poll(() => told).toContain('late')
    const again = await log.append('topic:a', content('late'), keyOf('late'))
    expect(again).toMatchObject({ seq: 2, repeated: true })
    const after = await log.append('topic:a', content('after'))
    const page = await log.read('topic:a', { after: 0, limit: 10 })
    expect(page.map(({ id, body }) => [id, body])).toEqual([
      [first.id, 'first'],
      [again.id, 'late'],
      [after.id, 'after'],
    ])
    await expect(directory.createUser('ann')).rejects.toMatchObject({ code: 'user_exists' })
  }, 120_000)

  it('and that is lost while it waits is left for the one that takes over', async () => {
    const { primary, standby, uri } = await startPair()
    const { log } = await openPostgres({ uri })
    await log.append('topic:a', content('first'))
    await standby.kill()
    await expect(log.append('topic:a', content('late'), keyOf('late'))).rejects.toMatchObject(UNAVAILABLE)
    await primary.kill()
    await standby.run()
    standby.promote()
    await standby.set({ synchronous_standby_names: '' })
    await expect
      .poll(() => log.append('topic:a', content('late'), keyOf('late')).catch(() => undefined))
      .toMatchObject({
        seq: 2,
        repeated: false,
      })
  }, 120_000)
})
