import type { PoolClient } from 'pg'
import { setTimeout as pause } from 'node:timers/promises'
import type { Primary } from './primary'

/** The one gateway of a database has this advisory lock, on a connection that is for nothing else. */
const GATEWAY_LOCK = 7002

/** How long the connection of a gateway that has just ended may keep the lock, ms. */
const PATIENCE_MS = 5000

const BETWEEN_TRIES_MS = 200

/** Another gateway has the database. */
class Taken extends Error {
  constructor() {
    super('another gateway uses this database; several on one are not supported yet')
  }
}

/**
 * Holds a database for one gateway: what gateways would have to tell each other they cannot yet. The lock goes with its
 * connection, also when the gateway is killed; when the primary changes it is taken at the new one.
 */
export class Alone {
  readonly #primary: Primary
  readonly #onTaken: () => void
  #holder: PoolClient | undefined
  #closed = false

  /** @param onTaken another gateway has it: this one must not go on */
  constructor(primary: Primary, onTaken: () => void) {
    this.#primary = primary
    this.#onTaken = onTaken
    primary.onLost(() => {
      this.#release()
    })
  }

  /** Throws `Taken`, or what keeps it from asking. */
  async hold(): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    while (!(await this.#take())) {
      if (performance.now() > until) throw new Taken()
      await pause(BETWEEN_TRIES_MS)
    }
  }

  close(): void {
    this.#closed = true
    this.#release()
  }

  #release(): void {
    this.#holder?.release(true)
    this.#holder = undefined
  }

  async #take(): Promise<boolean> {
    const { client, pool } = await this.#primary.connect()
    let isMine = false
    try {
      const text = 'SELECT pg_try_advisory_lock($1) AS mine'
      const { rows } = await client.query<{ mine: boolean }>(text, [GATEWAY_LOCK])
      isMine = rows[0]?.mine === true
    } catch (error) {
      this.#primary.lost(pool, error)
      throw error
    } finally {
      if (!isMine) client.release(true)
    }
    if (!isMine) return false
    this.#holder = client
    client.once('end', () => {
      void this.#again()
    })
    return true
  }

  /** The connection ended: the primary is gone, or the network. */
  async #again(): Promise<void> {
    this.#release()
    while (!this.#closed) {
      try {
        await this.hold()
        return
      } catch (error) {
        // Without a database nobody else can have it: it is tried until there is one.
        if (error instanceof Taken) {
          this.#onTaken()
          return
        }
        await pause(BETWEEN_TRIES_MS)
      }
    }
  }
}
