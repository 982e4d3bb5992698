import type Database from 'libsql'
import { getRow, runChange } from './statements'

export const secretCommands = {
  /** Keeps a secret under a name, unless there is one: the first writer's stays. Answers the one that stays. */
  keepSecret(db: Database.Database, { name, value }: { name: string; value: string }): string {
    runChange(db, 'INSERT OR IGNORE INTO secrets (name, value) VALUES (?, ?)', name, value)
    return getRow<{ value: string }>(db, 'SELECT value FROM secrets WHERE name = ?', name)?.value ?? value
  },
}
