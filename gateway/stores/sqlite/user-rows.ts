import type Database from 'libsql'
import { getRow } from './statements'

export const userExists = (db: Database.Database, id: string): boolean =>
  getRow(db, 'SELECT 1 AS there FROM users WHERE id = ?', id) !== undefined

/** Whether nobody may act as this user now: disabled, or removed while the request was on its way here. */
export const isShut = (db: Database.Database, id: string): boolean =>
  getRow(
    db,
    `SELECT 1 AS shut FROM users WHERE id = ? AND disabled IS NOT NULL
     UNION ALL SELECT 1 FROM removed_users WHERE id = ? LIMIT 1`,
    id,
    id,
  ) !== undefined
