/** Counts by name. */
export type Counts = Readonly<Record<string, number>>

/**
 * What the app has done and made the phone do, over all its runs. The counts only grow: what a while has cost is the
 * difference of two.
 */
export interface Work {
  /**
   * How often something ran the app's JavaScript, by what it was: a timer, named by how it was set (`after 2000 ms`,
   * `every 30000 ms`), a socket (`socket message`), an `answer` of the native layer, or an `event` of system or page.
   */
  readonly wakeUps: Counts
  /** Frames that the app has sent over its sockets. */
  readonly framesSent: number
  /** `plus.sqlite`: calls of it, statements in them, transactions begun. */
  readonly sql: { readonly calls: number; readonly statements: number; readonly transactions: number }
  /** What the logic side has sent to pages, in bytes of UTF-8; `toHidden` of the messages went to a page that is not on top. */
  readonly view: { readonly messages: number; readonly bytes: number; readonly toHidden: number }
}

/** Keeps the counts. */
export class WorkLog {
  readonly #wakeUps = new Map<string, number>()
  #framesSent = 0
  #sql = { calls: 0, statements: 0, transactions: 0 }
  #view = { messages: 0, bytes: 0, toHidden: 0 }

  readonly wakeUp = (cause: string): void => {
    this.#wakeUps.set(cause, (this.#wakeUps.get(cause) ?? 0) + 1)
  }

  frameSent(): void {
    this.#framesSent += 1
  }

  sqlCall(statements: number, transactions = 0): void {
    this.#sql.calls += 1
    this.#sql.statements += statements
    this.#sql.transactions += transactions
  }

  viewMessage(code: string, onTop: boolean): void {
    this.#view.messages += 1
    this.#view.bytes += Buffer.byteLength(code)
    if (!onTop) this.#view.toHidden += 1
  }

  /** The counts as they are now. */
  now(): Work {
    return {
      wakeUps: Object.fromEntries(this.#wakeUps),
      framesSent: this.#framesSent,
      sql: { ...this.#sql },
      view: { ...this.#view },
    }
  }
}
