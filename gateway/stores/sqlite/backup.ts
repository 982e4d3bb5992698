import Database from 'libsql'
import { chmodSync, copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { DataFolder, syncPath, VAPID_KEY_FILE } from '../../process/data-folder'
import { ADMIN_TOKEN_FILE, PUBLISH_TOKEN_FILE } from '../../process/first-start'
import { openStore } from './open'
import { NEWEST_SCHEMA } from './schema'
import { STORE_FILE, type WriterSource } from './engine'

/** What a gateway keeps beside its store, and does not make anew as it was. */
const SECRET_FILES = [ADMIN_TOKEN_FILE, PUBLISH_TOKEN_FILE, VAPID_KEY_FILE]

/** Why a copy cannot be made or put back; its message is for the person who asked. */
export class BackupError extends Error {}

/** A copy of a data folder. */
export interface Backup {
  /** Absolute. */
  readonly folder: string
  /** Of the store. */
  readonly bytes: number
  readonly messages: number
}

/**
 * Copies everything that a gateway keeps into a new folder; the gateway may run meanwhile. The copy is of one moment:
 * SQLite's `VACUUM INTO` reads one snapshot (https://www.sqlite.org/lang_vacuum.html#vacuuminto). It stands under its
 * name only when it is whole and on the disk. Throws BackupError.
 */
export function backUp(dataFolder: string, target: string): Backup {
  const store = join(resolve(dataFolder), STORE_FILE)
  const folder = resolve(target)
  if (!existsSync(store)) throw new BackupError(`${resolve(dataFolder)} holds no store`)
  if (existsSync(folder)) throw new BackupError(`${folder} exists; name a folder that does not`)
  const partial = join(dirname(folder), `.${basename(folder)}.${String(process.pid)}.partial`)
  try {
    rmSync(partial, { recursive: true, force: true })
    mkdirSync(partial, { recursive: true, mode: 0o700 })
    copyStore(store, join(partial, STORE_FILE))
    copySecrets(dataFolder, partial)
    const messages = checkStore(join(partial, STORE_FILE))
    syncFolder(partial)
    renameSync(partial, folder)
    syncPath(dirname(folder))
    return { folder, bytes: statSync(join(folder, STORE_FILE)).size, messages }
  } catch (error) {
    if (existsSync(partial)) rmSync(partial, { recursive: true, force: true })
    throw inWords(error, folder)
  }
}

/**
 * Puts a copy back into a data folder that holds no store, and gives every feed a new epoch: devices that heard more
 * than the copy knows load what it has. Throws BackupError; the data folder is then as it was.
 */
export async function restore(source: string, dataFolder: string, writer: WriterSource): Promise<Backup> {
  const from = resolve(source)
  const to = resolve(dataFolder)
  if (!existsSync(join(from, STORE_FILE))) throw new BackupError(`${from} is no backup: it holds no store`)
  checkStore(join(from, STORE_FILE))
  const folder = openEmpty(to)
  try {
    // Not as a file: a folder that a gateway left when it was killed holds its newest messages in a log beside the store.
    copyStore(join(from, STORE_FILE), join(to, STORE_FILE))
    copySecrets(from, to)
    await renewEpochs(to, writer)
    const messages = checkStore(join(to, STORE_FILE))
    syncFolder(to)
    return { folder: to, bytes: statSync(join(to, STORE_FILE)).size, messages }
  } catch (error) {
    for (const name of readdirSync(to)) if (!LEFT_BEHIND.has(name)) rmSync(join(to, name), { force: true })
    throw inWords(error, to)
  } finally {
    folder.release()
  }
}

function openEmpty(path: string): DataFolder {
  try {
    const occupied = existsSync(path) ? readdirSync(path).filter((name) => !LEFT_BEHIND.has(name)) : []
    if (occupied.length > 0)
      throw new BackupError(
        `${path} is not empty (${occupied[0] ?? ''}); move it away, or name another folder with --data`,
      )
    return new DataFolder(path)
  } catch (error) {
    throw inWords(error, path)
  }
}

/** What an earlier gateway may leave in a folder without keeping anything in it. */
const LEFT_BEHIND = new Set(['gateway.lock', 'gateway.json', 'lost+found'])

function copyStore(from: string, to: string): void {
  const db = new Database(from)
  try {
    // A writer that is closing the store may hold it for a moment.
    db.pragma('busy_timeout = 10000')
    db.prepare('VACUUM INTO ?').run(to)
  } finally {
    db.close()
  }
  chmodSync(to, 0o600)
}

function copySecrets(from: string, to: string): void {
  for (const name of SECRET_FILES) {
    if (!existsSync(join(from, name))) continue
    copyFileSync(join(from, name), join(to, name))
    chmodSync(join(to, name), 0o600)
  }
}

/** Counts the messages of a store that is not in use; throws when the file is damaged, or none of ours. */
function checkStore(file: string): number {
  const db = openCopy(file)
  try {
    const faults = db.prepare('PRAGMA quick_check(1)').raw().all() as string[][]
    if (faults[0]?.[0] !== 'ok') throw new BackupError(`${file} is damaged: ${faults[0]?.[0] ?? 'no answer'}`)
    const [schema] = db.pragma('user_version') as { user_version: number }[]
    if ((schema?.user_version ?? 0) > NEWEST_SCHEMA)
      throw new BackupError(`${file} is of a newer Herald than this one; install that`)
    const row = db.prepare('SELECT count(*) AS messages FROM messages').get() as { messages: number }
    return row.messages
  } catch (error) {
    if (error instanceof BackupError) throw error
    throw new BackupError(
      `${file} is no store of Herald: ${error instanceof Error ? error.message : String(error)}`,
    )
  } finally {
    db.close()
  }
}

function openCopy(file: string): Database.Database {
  const db = new Database(file)
  db.pragma('query_only = ON')
  return db
}

async function renewEpochs(folder: string, writer: WriterSource): Promise<void> {
  const { store, log } = await openStore({
    folder,
    writer,
    retention: { maxAgeMs: Infinity, maxCount: Infinity },
  })
  try {
    await log.renewEpochs()
  } finally {
    await store.close()
  }
  const db = new Database(join(folder, STORE_FILE))
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

function syncFolder(folder: string): void {
  for (const name of readdirSync(folder)) syncPath(join(folder, name))
  syncPath(folder)
}

function inWords(error: unknown, folder: string): unknown {
  if (error instanceof BackupError || !(error instanceof Error)) return error
  if (error.message.startsWith('another gateway uses')) return new BackupError(error.message)
  if (!('code' in error)) return error
  const code = String(error.code)
  if (code === 'ENOSPC' || code === 'SQLITE_FULL')
    return new BackupError(`no room for ${folder}: nothing was written`)
  return new BackupError(`cannot write to ${folder} (${code})`)
}
