import Database from 'libsql'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { backUp, restore } from '../../../gateway/stores/sqlite/backup'
import { STORE_FILE } from '../../../gateway/stores/sqlite/engine'
import type { Chance } from './chance'
import type { World } from './world'
import { writerInTurn } from './writer-in-turn'

/** Of all worlds so many are restored from a copy that is older than what they hold. */
const SHARE = 0.25

/** When the copy is made, and how much later it is put back, ms from the beginning of the storm. */
const COPIED = { least: 3000, most: 60_000 }
const PUT_BACK = { least: 2000, most: 45_000 }

/** The copy of a world's store. */
export class StoreCopy {
  readonly data: string
  readonly #copy: string
  #madeAt: number | null = null
  #messages: ReadonlySet<string> = new Set()

  /** @param folder the world's */
  constructor(folder: string) {
    this.data = join(folder, 'data')
    this.#copy = join(folder, 'copy')
  }

  get madeAt(): number | null {
    return this.#madeAt
  }

  /** Ids of the messages that it holds. */
  get messages(): ReadonlySet<string> {
    return this.#messages
  }

  /** @param now ms */
  make(now: number): void {
    rmSync(this.#copy, { recursive: true, force: true })
    backUp(this.data, this.#copy)
    this.#madeAt = now
    this.#messages = idsIn(join(this.#copy, STORE_FILE))
  }

  /** What `herald restore` does, while no gateway runs. */
  async putBack(): Promise<void> {
    rmSync(this.data, { recursive: true, force: true })
    await restore(this.#copy, this.data, writerInTurn)
  }
}

function idsIn(file: string): ReadonlySet<string> {
  const db = new Database(file)
  try {
    return new Set((db.prepare('SELECT id FROM messages').all() as { id: string }[]).map(({ id }) => id))
  } finally {
    db.close()
  }
}

/** A copy is made, messages follow, and it is put back: those are lost. */
export function planRestore(world: World, chance: Chance, share = SHARE): void {
  if (!chance.hits(share)) return
  const copiedAt = chance.between(COPIED.least, COPIED.most)
  world.plan('copy', copiedAt, () => {
    world.copyStore()
  })
  const [wasKilled, offMs] = [chance.hits(0.5), chance.between(500, 9000)]
  world.plan('restore', copiedAt + chance.between(PUT_BACK.least, PUT_BACK.most), () => {
    world.putStoreBack(wasKilled, offMs)
  })
}
