import type { Secrets } from '../../contracts/secrets'
import type { SqliteEngine } from './engine'

/** The gateway's own secrets, in the embedded store. */
export class SqliteSecrets implements Secrets {
  readonly #engine: SqliteEngine

  constructor(engine: SqliteEngine) {
    this.#engine = engine
  }

  keep(name: string, value: string): Promise<string> {
    return this.#engine.write('keepSecret', { name, value })
  }
}
