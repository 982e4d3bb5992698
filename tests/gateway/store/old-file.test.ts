import Database from 'libsql'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { migrate } from '../../../gateway/stores/sqlite/schema'
import { openTestStore, temporaryFolder } from '../temporary-store'

/** The schema before users could be disabled and sessions listed. */
const BEFORE_SESSIONS = 3

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex')

describe('a file of an older version', () => {
  it('keeps its users, tokens, devices and open sign-in codes, which can be listed from then on', async () => {
    const folder = temporaryFolder()
    const old = new Database(join(folder, 'herald.db'))
    migrate(old, BEFORE_SESSIONS)
    const scopes = JSON.stringify({ publish: [], read: true, admin: false })
    old.exec(`
      INSERT INTO users (id, name, created) VALUES ('ann', 'Ann', 1000);
      INSERT INTO tokens (id, hash, user, label, scopes, created)
        VALUES ('t_1', '${hashOf('hld_old')}', 'ann', 'phone', '${scopes}', 1000);
      INSERT INTO devices (user, id, session, platform, notifications, preview, sound, updated)
        VALUES ('ann', 'device-0001', 't_1', 'ios', 1, 1, 1, 2000);
      INSERT INTO sign_in_codes (hash, user, expires) VALUES ('${hashOf('an-old-code')}', 'ann', 9000000);
      INSERT INTO feeds (name, epoch) VALUES ('topic:never-used', 'e');
    `)
    old.close()
    const { directory, devices, log } = await openTestStore({ folder, now: () => 6_000_000 })
    expect(await directory.authenticate('hld_old')).toMatchObject({ user: { id: 'ann', name: 'Ann' } })
    expect(await directory.listUsers()).toEqual([{ id: 'ann', name: 'Ann', created: 1000, disabled: null }])
    expect(await devices.listOf('ann')).toMatchObject([{ id: 'device-0001', created: 2000, lastSeen: 2000 }])
    const [code] = await directory.listSignInCodes('ann')
    expect(code).toMatchObject({ id: expect.stringMatching(/^c_[0-9a-f]{12}$/), created: 5_400_000 })
    expect(await directory.redeemSignInCode('an-old-code', '')).toMatchObject({ user: { id: 'ann' } })
    expect(await log.head('topic:never-used')).toBeDefined()
    await log.trim(undefined)
    expect(await log.head('topic:never-used')).toBeUndefined()
  })
})
