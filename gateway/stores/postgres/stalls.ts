import { HeraldError } from '@herald/protocol'
import type { Pool, PoolClient } from 'pg'
import type { Primary } from './primary'
import { commit } from './sql'

/** How long a commit may take before its caller hears that nobody answers, ms. */
const COMMIT_MS = 5000

/** A commit that was kept is waited for as long as its connection stands: the longest that a timer takes, ms. */
const NO_LIMIT_MS = 2 ** 31 - 1

/** How often a primary that holds commits up is asked whether it is still there, ms. */
const LOOK_MS = 1000

/** A commit that the primary has not answered, and may still do: it waits for a standby that is gone. */
export class StalledCommit extends HeraldError {
  /** Settles when it is answered after all. */
  readonly late: Promise<void>

  constructor(late: Promise<void>) {
    super('storage_unavailable', 'the database waits for its standby')
    this.late = late
  }
}

/**
 * Commits that wait for a standby. PostgreSQL lets them wait without end, and no time limit of its own holds for them; to break
 * one off would leave it done here and not there. So the ones that are under way keep their connections, and no others begin
 * until one of them is answered.
 */
export class Stalls {
  readonly #primary: Primary
  readonly #waiting = new Map<PoolClient, Pool>()
  #lastLook = -Infinity

  constructor(primary: Primary) {
    this.#primary = primary
    primary.onLost(() => {
      for (const client of this.#waiting.keys()) this.#giveBack(client, true)
    })
  }

  /** Throws `storage_unavailable` while commits wait. */
  async refuse(): Promise<void> {
    const [pool] = this.#waiting.values()
    if (!pool) return
    if (performance.now() - this.#lastLook > LOOK_MS) {
      this.#lastLook = performance.now()
      await this.#primary.isThere(pool)
    }
    if (this.#waiting.size > 0)
      throw new HeraldError('storage_unavailable', 'the database waits for its standby')
  }

  /** Throws StalledCommit, and has the connection then; or an error by which the primary is lost. */
  async commit(client: PoolClient, pool: Pool): Promise<void> {
    const committed = commit(client, NO_LIMIT_MS).then(() => undefined)
    if (await isWithin(committed, COMMIT_MS)) return
    committed.catch(() => undefined)
    if (!(await this.#primary.isThere(pool)))
      throw new Error('Connection terminated: the database does not answer')
    this.#waiting.set(client, pool)
    committed.then(
      () => {
        this.#giveBack(client, false)
      },
      () => {
        this.#giveBack(client, true)
      },
    )
    throw new StalledCommit(committed)
  }

  #giveBack(client: PoolClient, isBroken: boolean): void {
    if (this.#waiting.delete(client)) client.release(isBroken)
  }
}

/** Throws what the promise throws. */
async function isWithin(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => {
      resolve(false)
    }, ms)
  })
  try {
    return await Promise.race([promise.then(() => true), over])
  } finally {
    clearTimeout(timer)
  }
}
