import type { Message } from '@herald/protocol'
import Database from 'libsql'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openMessageIds } from '@herald/gateway/stores/message-id'
import type { AppendFigure } from './append-log'
import { content, FEEDS } from './append-message'
import type { Contestant } from './contest'

/** Rows that are made before the clock runs, and used in turn. */
const ROWS = 200_000

const newId = openMessageIds()

/**
 * The least that the same binding can do: the same rows in the same table under the same pragmas, one prepared
 * statement, one transaction a batch, on this thread alone. The rows are made beforehand; nobody waits for an answer.
 */
export function bindingContestant(ms: number, batchSize: () => number): Contestant<AppendFigure> {
  return {
    name: 'libsql',
    async run() {
      const folder = mkdtempSync(join(import.meta.dirname, 'append-'))
      const db = new Database(join(folder, 'bare.db'))
      db.pragma('journal_mode = WAL')
      db.pragma('synchronous = FULL')
      db.exec(`
        CREATE TABLE messages (feed INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, time INTEGER NOT NULL,
          json TEXT NOT NULL, PRIMARY KEY (feed, seq)) WITHOUT ROWID;
        CREATE UNIQUE INDEX messages_by_id ON messages (id);`)
      const insert = db.prepare('INSERT INTO messages (feed, seq, id, time, json) VALUES (?, ?, ?, ?, ?)')
      const rows = Array.from({ length: ROWS }, (_, index) => toRow(index))
      const batch = Math.max(1, Math.round(batchSize()))
      let done = 0
      const cpu = process.cpuUsage()
      const start = performance.now()
      while (performance.now() - start < ms && done + batch <= ROWS) {
        db.exec('BEGIN IMMEDIATE')
        for (let index = done; index < done + batch; index += 1) insert.run(rows[index])
        db.exec('COMMIT')
        done += batch
      }
      const took = performance.now() - start
      const { user, system } = process.cpuUsage(cpu)
      const { stored } = db.prepare('SELECT count(*) AS stored FROM messages').get([]) as { stored: number }
      if (stored !== done) throw new Error(`the binding stored ${stored} of ${done}`)
      db.close()
      rmSync(folder, { recursive: true })
      return Promise.resolve({
        rate: (done / took) * 1000,
        batch,
        cpu: (user + system) / done,
        loopP50: took,
        loopP99: took,
      })
    },
  }
}

/**
 * The same while another process makes messages, as the log's serving thread does beside its writer: what the machine's
 * other processor takes from this one, in caches and memory, is not the log's to win back.
 */
export function neighbouredBinding(ms: number, batchSize: () => number): Contestant<AppendFigure> {
  const binding = bindingContestant(ms, batchSize)
  return {
    name: 'libsql beside work',
    async run() {
      const neighbour = fork(join(import.meta.dirname, 'append-neighbour.mjs'), { execArgv: [] })
      await once(neighbour, 'message')
      try {
        return await binding.run()
      } finally {
        const ended = once(neighbour, 'exit')
        neighbour.disconnect()
        await ended
      }
    },
  }
}

function toRow(index: number): unknown[] {
  const feed = index % FEEDS.length
  const seq = Math.floor(index / FEEDS.length) + 1
  const message: Message = {
    id: newId(Date.now()),
    feed: FEEDS[feed] ?? '',
    seq,
    time: Date.now(),
    ...content,
  }
  return [feed, seq, message.id, message.time, JSON.stringify(message)]
}
