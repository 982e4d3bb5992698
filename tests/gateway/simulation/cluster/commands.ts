import type Database from 'libsql'
import type { GatewayNote, KnownGateway, Renewal } from '../../../../gateway/contracts/cluster'
import type { DeviceKey } from '../../../../gateway/contracts/devices'
import type { Claim, PushRow, Settlement } from '../../../../gateway/contracts/push-ledger'
import { claimDue, pushCommands } from '../../../../gateway/stores/sqlite/push-commands'
import { allRows, getRow, runChange } from '../../../../gateway/stores/sqlite/statements'
import { sweepCommands } from '../../../../gateway/stores/sqlite/sweep-commands'

/** As stores/postgres/gateways.ts. */
const ALIVE_MS = 6000

const TABLES = `
  CREATE TABLE IF NOT EXISTS gateways (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, connections INTEGER NOT NULL, bus TEXT NOT NULL,
    started INTEGER NOT NULL, alive_until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS device_claims (
    user TEXT NOT NULL, device TEXT NOT NULL, owner TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (user, device)
  ) WITHOUT ROWID;`

interface RenewArgs {
  readonly note: GatewayNote
  readonly mayEnd: boolean
  readonly now: number
}

type GatewayRow = Omit<KnownGateway, 'silentMs'> & { readonly alive_until: number }

/** What was claimed may have been sent: it goes again as it was. */
function free(db: Database.Database, owner: string): void {
  runChange(db, 'UPDATE sweeps SET claimed_until = 0 WHERE claimed_until > 0 AND owner = ?', owner)
  for (const table of ['pushes', 'nudges'])
    runChange(
      db,
      `UPDATE ${table} SET claimed_until = 1 WHERE due IS NOT NULL AND claimed_until > 0 AND owner = ?`,
      owner,
    )
  runChange(db, 'DELETE FROM device_claims WHERE owner = ?', owner)
}

/** Who has something in hand, and is no gateway any more. */
function ownersGone(db: Database.Database): string[] {
  const owners = ['sweeps', 'pushes', 'nudges'].map(
    (table) => `SELECT owner FROM ${table} WHERE claimed_until > 0 AND owner IS NOT NULL`,
  )
  return allRows<{ owner: string }>(
    db,
    `SELECT DISTINCT owner FROM (${owners.join(' UNION ALL ')} UNION ALL SELECT owner FROM device_claims)
     WHERE owner NOT IN (SELECT id FROM gateways)`,
  ).map(({ owner }) => owner)
}

/** A device's rows are with one gateway at a time: as claimDevices of stores/postgres/push-commands.ts. */
function claimDevices(
  db: Database.Database,
  { owner, now, until, limit }: Claim & { limit: number },
): DeviceKey[] {
  const devices = allRows<DeviceKey>(
    db,
    `SELECT p.user, p.device FROM pushes AS p
     WHERE p.due <= ? AND p.claimed_until <= ? AND NOT EXISTS (
       SELECT 1 FROM device_claims AS o WHERE o.user = p.user AND o.device = p.device AND o.owner <> ? AND o.until > ?)
     GROUP BY p.user, p.device ORDER BY min(p.due) LIMIT ?`,
    ...[now, now, owner, now, limit],
  )
  for (const { user, device } of devices)
    runChange(
      db,
      `INSERT INTO device_claims (user, device, owner, until) VALUES (?, ?, ?, ?)
       ON CONFLICT (user, device) DO UPDATE SET owner = excluded.owner, until = excluded.until`,
      ...[user, device, owner, until],
    )
  return devices
}

/**
 * What PostgreSQL does for several gateways and the embedded store need not, each as one command of the writer: nothing comes
 * between what it reads and what it writes, as PostgreSQL's locks have it (its contract suite holds those).
 */
export const clusterCommands = {
  openCluster(db: Database.Database): void {
    db.exec(TABLES)
  },

  renewGateway(db: Database.Database, { note, mayEnd, now }: RenewArgs): Renewal {
    const isNew = getRow(db, 'SELECT 1 AS there FROM gateways WHERE id = ?', note.id) === undefined
    runChange(
      db,
      `INSERT INTO gateways (id, name, version, connections, bus, started, alive_until) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, connections = excluded.connections, bus = excluded.bus,
         alive_until = excluded.alive_until`,
      ...[note.id, note.name, note.version, note.connections, note.bus, now, now + ALIVE_MS],
    )
    const rows = allRows<GatewayRow>(db, 'SELECT * FROM gateways ORDER BY started, id')
    const ended = mayEnd ? rows.filter((row) => row.alive_until <= now).map(({ id }) => id) : []
    for (const id of ended) clusterCommands.leaveGateway(db, id)
    const alive = rows.filter((row) => row.alive_until > now)
    return {
      ...{ isNew, ended },
      gateways: alive.map(({ alive_until, ...row }) => ({ ...row, silentMs: now - alive_until + ALIVE_MS })),
    }
  },

  leaveGateway(db: Database.Database, id: string): void {
    runChange(db, 'DELETE FROM gateways WHERE id = ?', id)
    free(db, id)
  },

  claimPushes(db: Database.Database, claim: Claim & { limit: number }): PushRow[][] {
    return claimDevices(db, claim)
      .map((device) => claimDue(db, device, claim))
      .filter((rows) => rows.length > 0)
  },

  settlePushes(db: Database.Database, settlements: readonly Settlement[]): number {
    const count = pushCommands.settlePushes(db, settlements)
    for (const { user, device } of settlements.flatMap(({ keys }) => keys))
      runChange(
        db,
        `DELETE FROM device_claims WHERE user = ? AND device = ? AND NOT EXISTS (
           SELECT 1 FROM pushes AS p WHERE p.user = device_claims.user AND p.device = device_claims.device
             AND p.due IS NOT NULL AND p.claimed_until > 1)`,
        ...[user, device],
      )
    return count
  },

  /** After a start: only what a gateway had in hand that is no more is free again. */
  resumeEscalation(db: Database.Database, args: { now: number; latest: number }): void {
    const kept = keepClaims(db)
    sweepCommands.resumeEscalation(db, args)
    kept()
  },
}

/** Notes the claims of gateways that live; what it answers puts them back, when all claims have been dropped. */
function keepClaims(db: Database.Database): () => void {
  for (const owner of ownersGone(db)) free(db, owner)
  const tables = [
    { table: 'sweeps', key: ['id'] },
    { table: 'pushes', key: ['user', 'device', 'feed', 'epoch', 'first'] },
    { table: 'nudges', key: ['id'] },
  ].map(({ table, key }) => ({
    table,
    key,
    rows: allRows<Record<string, string | number>>(
      db,
      `SELECT ${key.join(', ')}, claimed_until FROM ${table} WHERE claimed_until > 1`,
    ),
  }))
  return () => {
    for (const { table, key, rows } of tables)
      for (const row of rows)
        runChange(
          db,
          `UPDATE ${table} SET claimed_until = ? WHERE ${key.map((name) => `${name} = ?`).join(' AND ')}`,
          ...[row.claimed_until, ...key.map((name) => row[name])],
        )
  }
}
