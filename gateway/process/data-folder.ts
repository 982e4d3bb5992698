import Database from 'libsql'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** What a running gateway says about itself, for the command line tool on the same machine. */
export interface RunningGateway {
  readonly url: string
  readonly pid: number
  readonly version: string
}

/** Holds the private key of Web Push; without it every browser has to subscribe again. */
export const VAPID_KEY_FILE = 'vapid-key'

const RUNNING_FILE = 'gateway.json'
const LOCK_FILE = 'gateway.lock'

/** What a gateway writes; whatever else lies in the folder is somebody else's. */
const OUR_FILES =
  /^(?:herald\.db(?:\.moved|\.partial)?(?:-wal|-shm|-journal)?|gateway\.(?:json|lock)|(?:admin|publish)-token|vapid-key)$/

const FOR_OTHERS = 0o077
const STICKY = 0o1000

/** The folder that holds everything a gateway keeps: its store, its first tokens, its address. Its owner's only. */
export class DataFolder {
  readonly path: string
  /** What others may still open, since this process may not shut it. */
  readonly open: readonly string[]
  readonly #lock: Database.Database

  /** Takes the folder for this process. Throws when another gateway has it, or it cannot be written. */
  constructor(path: string) {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    this.path = path
    this.open = closeToOthers(path)
    this.#lock = takeLock(join(path, LOCK_FILE))
  }

  /** The text of a small file without its line break; undefined when there is none or it is empty. */
  read(name: string): string | undefined {
    return readSmallFile(join(this.path, name))
  }

  /** Writes a small file that only its owner may read. */
  writeSecret(name: string, text: string): void {
    // Removed first: the mode is only set on files that are made anew.
    rmSync(join(this.path, name), { force: true })
    writeFileSync(join(this.path, name), `${text}\n`, { mode: 0o600 })
  }

  announce(running: RunningGateway): void {
    this.writeSecret(RUNNING_FILE, JSON.stringify(running))
  }

  /** Takes the announcement back and lets another gateway have the folder. */
  release(): void {
    rmSync(join(this.path, RUNNING_FILE), { force: true })
    this.#lock.close()
  }
}

/** The gateway that announced itself in a data folder; it may have died since. */
export function findRunning(folder: string): RunningGateway | undefined {
  const text = readSmallFile(join(folder, RUNNING_FILE))
  try {
    return text === undefined ? undefined : (JSON.parse(text) as RunningGateway)
  } catch {
    // A half-written file of a gateway that was killed says nothing; it is as good as none.
    return undefined
  }
}

/** The text of a small file without its line break; undefined when there is none, it is empty, or not ours to read. */
export function readSmallFile(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}

/** Waits until a file or a folder is on the disk. Windows has no such call for folders. */
export function syncPath(path: string): void {
  const isFolder = statSync(path).isDirectory()
  if (isFolder && process.platform === 'win32') return
  const file = openSync(path, isFolder ? 'r' : 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/**
 * Takes away what others may do with the folder and with our files in it, also where an older gateway, a copy or a person has
 * made them. A folder that the system shares between users (`/tmp`) is not ours to shut. Answers what stays open.
 */
function closeToOthers(folder: string): string[] {
  // Windows has no such modes; what a folder's owner allows there is inherited.
  if (process.platform === 'win32') return []
  const files = readdirSync(folder).filter((name) => OUR_FILES.test(name))
  return [folder, ...files.map((name) => join(folder, name))].filter((path) => !closePath(path))
}

/** Whether only the owner may open it now. */
function closePath(path: string): boolean {
  try {
    const { mode } = statSync(path)
    if ((mode & FOR_OTHERS) === 0) return true
    if ((mode & STICKY) !== 0) return false
    chmodSync(path, mode & 0o777 & ~FOR_OTHERS)
    return true
  } catch {
    // Somebody else owns it, as with a volume that a container was given; the log names it.
    return false
  }
}

/**
 * Two gateways on one store would give out the same seq twice, because each keeps the heads in its memory. The
 * lock is SQLite's on a file of its own: the system lets go of it when the process dies, however it dies.
 */
function takeLock(file: string): Database.Database {
  // SQLite would make it for all to open, who could then hold the lock.
  closeSync(openSync(file, 'a', 0o600))
  const lock = new Database(file)
  try {
    lock.exec('PRAGMA busy_timeout = 3000; PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    const busy = error instanceof Error && 'code' in error && error.code === 'SQLITE_BUSY'
    throw busy ? new Error(`another gateway uses ${file.slice(0, -LOCK_FILE.length - 1)}`) : error
  }
}
