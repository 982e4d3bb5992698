import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Journal } from './journal'
import type { WorldReport } from './tally'
import { World, type WorldOptions } from './world'

/** Users, each with a schedule, that share a world. */
export const SCHEDULES_PER_WORLD = 200

/** Seeds that nobody has tried: of the clock, so that two runs have none in common. */
export const newFirstSeed = (): number => Math.floor(Date.now() / 1000) * 1000

/** In memory where there is such a folder: what is waited for here is a disk that nobody asks about. */
const FOLDER_ROOT = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** Runs a world in a folder of its own. */
export async function runWorld(options: Omit<WorldOptions, 'folder'>): Promise<Journal> {
  const folder = mkdtempSync(join(FOLDER_ROOT, 'herald-sim-'))
  try {
    return await World.run({ ...options, folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What is told of a world to whoever adds up. */
export function toReport(seed: string, schedules: number, journal: Journal): WorldReport {
  const { counts, failures, messages } = journal
  return { seed, schedules, counts: { ...counts, messages: messages.size }, failures }
}
