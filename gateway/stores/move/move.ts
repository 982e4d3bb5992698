import Database from 'libsql'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DataFolder, syncPath } from '../../process/data-folder'
import { detailOf } from '../postgres/faults'
import { UnusableStore } from '../postgres/unusable-store'
import { MOVED_FILE, STORE_FILE } from '../sqlite/engine'
import { copyRows, MoveError, type MovedRows, type MoveStep } from './copy'
import { DatabaseEnd } from './database-end'
import { SourceFile, TargetFile } from './file-end'

/** Where a file grows that is not whole yet. */
const PARTIAL_FILE = `${STORE_FILE}.partial`

export interface MoveOptions {
  /** The data folder of the file, whose gateway has stopped. */
  readonly folder: string
  /** The database. */
  readonly uri: string
  /** Its password, when it is not in the URI. */
  readonly password?: string | undefined
  /** Everything but the end: nothing is changed. */
  readonly rehearse?: boolean
  readonly onStep?: (step: MoveStep) => void
}

/**
 * Moves the embedded store of a data folder into an empty database, whole or not at all. Nobody may use either meanwhile.
 * The rows are one transaction, which is committed when all of them were found again; until the file has its new name the
 * database is marked, and no gateway takes it. So a move that is cut short anywhere leaves one store that can be served, and
 * the same command again finishes it. Throws MoveError.
 */
export const moveToDatabase = (options: MoveOptions): Promise<MovedRows> =>
  inFolder(options, async (folder, database) => {
    const source = SourceFile.open(await findSource(folder, database))
    try {
      await database.beginFill()
      const moved = await copyRows(source, database, options.onStep ?? ignore)
      if (options.rehearse === true) return moved
      await database.requireAlone()
      await database.setMark('arriving')
      await database.commit()
      source.close()
      setAside(folder)
      await database.dropMark()
      await database.analyze()
      return moved
    } finally {
      source.close()
    }
  })

/**
 * Moves a store from a database back into a data folder that holds none. The file is whole and on the disk before the
 * database is marked as moved, and has its name after that: again, one store can be served at any moment, or none until the
 * same command has run again. Throws MoveError.
 */
export const moveToFile = (options: MoveOptions): Promise<MovedRows> =>
  inFolder(options, async (folder, database) => {
    if (existsSync(join(folder, STORE_FILE)))
      throw new MoveError(`${folder} is not empty: it holds a store; name another folder with --data`)
    if ((await database.mark()) === 'arriving')
      throw new MoveError('a move into this database has not been finished: run that one again first')
    const partial = join(folder, PARTIAL_FILE)
    await database.beginRead()
    const target = TargetFile.create(partial)
    try {
      const moved = await copyRows(database, target, options.onStep ?? ignore)
      await database.rollBack()
      if (options.rehearse === true) return moved
      target.commit()
      syncPath(partial)
      syncPath(folder)
      await database.requireAlone()
      await database.setMark('moved')
      renameSync(partial, join(folder, STORE_FILE))
      syncPath(folder)
      return moved
    } finally {
      target.close()
      TargetFile.remove(partial)
    }
  })

const ignore = (): void => undefined

/** With the folder taken, and the database, from which gateways are kept away. */
async function inFolder(
  { folder: path, uri, password }: MoveOptions,
  move: (folder: string, database: DatabaseEnd) => Promise<MovedRows>,
): Promise<MovedRows> {
  const folder = openFolder(path)
  try {
    const database = await DatabaseEnd.open(uri, password)
    try {
      return await move(folder.path, database)
    } finally {
      await database.close()
    }
  } catch (error) {
    if (error instanceof MoveError) throw error
    if (error instanceof UnusableStore) throw new MoveError(error.message)
    throw new MoveError(`the move was cut short, run the same command again: ${detailOf(error)}`)
  } finally {
    folder.release()
  }
}

function openFolder(path: string): DataFolder {
  const folder = resolve(path)
  if (!existsSync(folder))
    throw new MoveError(`there is no folder ${folder}; name the data folder with --data`)
  try {
    return new DataFolder(folder)
  } catch (error) {
    throw new MoveError(error instanceof Error ? error.message : String(error))
  }
}

/** The file that is to be moved: where an earlier move was cut short behind its commit, it has its new name already. */
async function findSource(folder: string, target: DatabaseEnd): Promise<string> {
  const [file, moved] = [join(folder, STORE_FILE), join(folder, MOVED_FILE)]
  if (existsSync(file)) {
    if (existsSync(moved))
      throw new MoveError(`${moved} is in the way: it is the file of an earlier move; put it elsewhere`)
    return file
  }
  if (existsSync(moved) && (await target.mark()) === 'arriving') return moved
  throw new MoveError(`${folder} holds no store`)
}

/** Gives the file a name that no gateway opens, with all that a gateway that was killed left in the log beside it. */
function setAside(folder: string): void {
  const file = join(folder, STORE_FILE)
  if (!existsSync(file)) return
  const db = new Database(file)
  const [log] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
  db.close()
  if (log?.busy !== 0) throw new MoveError(`${file} is in use; end whoever has it, and run this again`)
  syncPath(file)
  renameSync(file, join(folder, MOVED_FILE))
  // Empty by now.
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true })
  syncPath(folder)
}
