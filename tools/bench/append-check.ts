import Database from 'libsql'
import { join } from 'node:path'
import { FEEDS, type Answer } from './append-message'

interface Stored {
  readonly messages: number
  readonly ids: number
  readonly first: number
  readonly last: number
}

/** Throws unless a store holds exactly the messages that were answered, each once, under contiguous seqs. */
export function checkStore(folder: string, answers: readonly Answer[]): void {
  const db = new Database(join(folder, 'herald.db'))
  db.pragma('query_only = ON')
  const count = db.prepare(
    `SELECT count(*) AS messages, count(DISTINCT messages.id) AS ids, min(seq) AS first, max(seq) AS last
     FROM messages JOIN feeds ON feeds.id = messages.feed WHERE name = ?`,
  )
  for (const feed of FEEDS) {
    const seqs = new Set(answers.filter((answer) => answer.feed === feed).map(({ seq }) => seq))
    const stored = count.get([feed]) as Stored
    const expected = { messages: seqs.size, ids: seqs.size, first: 1, last: seqs.size }
    for (const [name, value] of Object.entries(expected))
      if (stored[name as keyof Stored] !== value)
        throw new Error(`${feed}: ${name} is ${stored[name as keyof Stored]}, and ${value} was answered`)
  }
  const idOf = db.prepare(
    'SELECT messages.id AS id FROM messages JOIN feeds ON feeds.id = messages.feed WHERE name = ? AND seq = ?',
  )
  for (const { id, feed, seq } of answers) {
    const { id: stored } = idOf.get([feed, seq]) as { id: string }
    if (stored !== id) throw new Error(`${feed} ${seq} is ${stored}, and ${id} was answered`)
  }
  db.close()
}
