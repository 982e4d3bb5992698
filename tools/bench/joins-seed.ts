import Database from 'libsql'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { openMessageIds } from '@herald/gateway/stores/message-id'

/** A device of the bench, by its number: everything about it follows from that, so both processes know it. */
export function clientOf(index: number): { user: string; device: string; token: string; feed: string } {
  const user = `u${String(index).padStart(6, '0')}`
  return { user, device: `device-${user}`, token: `hld_bench-${user}`, feed: `user:${user}` }
}

/** What everybody's feeds hold at first. */
export const SEEDED = { own: 5, all: 50 } as const

const content = { title: 'Disk full', body: 'db1 has 1 % left. '.repeat(5), priority: 3 }

/** Puts users, tokens, feeds and messages into a store that no gateway has open. */
export function seedUsers(folder: string, count: number): void {
  const db = new Database(join(folder, 'herald.db'))
  const now = Date.now()
  const newId = openMessageIds()
  const user = db.prepare('INSERT INTO users (id, name, created) VALUES (?, ?, ?)')
  const token = db.prepare(
    `INSERT INTO tokens (id, hash, user, label, scopes, created) VALUES (?, ?, ?, 'bench', ?, ?)`,
  )
  const follow = db.prepare('INSERT INTO follows (user, feed) VALUES (?, ?)')
  const device = db.prepare(
    `INSERT INTO devices (user, id, session, platform, notifications, preview, sound, updated)
     VALUES (?, ?, ?, 'h5', 1, 1, 1, ?)`,
  )
  const insertFeed = db.prepare(`INSERT INTO feeds (name, epoch, head, last_time) VALUES (?, 'bench', ?, ?)`)
  const insertMessage = db.prepare('INSERT INTO messages (feed, seq, id, time, json) VALUES (?, ?, ?, ?, ?)')
  const fill = (feed: string, head: number): void => {
    const { lastInsertRowid } = insertFeed.run([feed, head, now])
    for (let seq = 1; seq <= head; seq += 1) {
      const id = newId(now)
      insertMessage.run([
        lastInsertRowid,
        seq,
        id,
        now,
        JSON.stringify({ id, feed, seq, time: now, ...content }),
      ])
    }
  }
  db.exec(`BEGIN; DELETE FROM feeds WHERE name = 'all'`)
  fill('all', SEEDED.all)
  for (let index = 0; index < count; index += 1) {
    const client = clientOf(index)
    const hash = createHash('sha256').update(client.token).digest('hex')
    user.run([client.user, client.user, now])
    token.run([
      `t_${client.user}`,
      hash,
      client.user,
      JSON.stringify({ publish: [], read: true, admin: false }),
      now,
    ])
    device.run([client.user, client.device, `t_${client.user}`, now])
    follow.run([client.user, client.feed])
    follow.run([client.user, 'all'])
    fill(client.feed, SEEDED.own)
  }
  db.exec('COMMIT')
  db.close()
}
