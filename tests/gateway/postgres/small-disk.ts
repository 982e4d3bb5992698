import { spawnSync } from 'node:child_process'
import { chownSync, closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** PostgreSQL runs as nobody where tests run as root. */
const NOBODY = 65534

const KIB = 1024

/** A file system of its own, in memory. */
export interface SmallDisk {
  readonly folder: string
  /** Takes all room that is left. */
  fill(): void
  /** Gives it back. */
  free(): void
}

const run = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0

/** Whether this machine lets a test make a disk: on Linux, as root. */
export function mayMakeDisks(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const folder = mkdtempSync(join(tmpdir(), 'herald-disk-'))
  const isMade = run('mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder)
  if (isMade) run('umount', folder)
  rmdirSync(folder)
  return isMade
}

/** Makes one; it is gone when the test has ended. To be called before what is started on it. */
export function makeSmallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'herald-disk-'))
  if (!run('mount', '-t', 'tmpfs', '-o', `size=${String(megabytes)}m`, 'tmpfs', folder))
    throw new Error(`no disk can be mounted at ${folder}`)
  onTestFinished(() => {
    // Lazily: of what was killed a moment ago something may still be open.
    run('umount', '-l', folder)
    rmdirSync(folder)
  })
  chownSync(folder, NOBODY, NOBODY)
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill() {
      const file = openSync(ballast, 'a')
      for (const bytes of [256 * KIB, 4 * KIB]) while (isWritten(file, Buffer.alloc(bytes)));
      closeSync(file)
    },
    free() {
      rmSync(ballast)
    },
  }
}

function isWritten(file: number, bytes: Buffer): boolean {
  try {
    return writeSync(file, bytes) === bytes.length
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false
    throw error
  }
}
