import type { ErrorCode } from '@herald/protocol'
import { addressKey } from './addresses'

/** What was changed about who may use the gateway. */
export type AuditChange =
  | 'signed_in'
  | 'user_created'
  | 'user_disabled'
  | 'user_enabled'
  | 'user_removed'
  | 'code_created'
  | 'code_revoked'
  | 'token_created'
  | 'token_revoked'
  | 'device_removed'
  | 'session_ended'

/** A change that was made. Only ids stand here: never a token, a code or a name. */
export interface ChangeNote {
  readonly event: AuditChange
  /** Where it came from; undefined for what the gateway does of itself. */
  readonly address: string | undefined
  /** The token that it was asked with. */
  readonly tokenId: string | undefined
  /** The id of what was changed. */
  readonly target: string
  /** Whose it is, where `target` is no user. */
  readonly user?: string | undefined
}

/** A request or a socket that was refused: 401, 403, 429 and their close codes. */
export interface RefusalNote {
  readonly code: ErrorCode
  readonly address: string
  readonly tokenId?: string | undefined
  /** The pattern of its route. */
  readonly route: string
  /** The id that the path named. */
  readonly target?: string | undefined
}

/** Where lines go. Pino's loggers fit. */
export interface AuditLines {
  info(fields: object, message: string): void
}

/** Refusals of one address and kind are one line in this time, ms. */
const SUM_MS = 10_000

/** Kinds that have a line of their own in that time; what is beyond them is summed by code alone. */
const MAX_KINDS = 32

/** Longest id of a path that is written down; a longer one is none of ours. */
const MAX_TARGET_LENGTH = 80

interface Sum {
  readonly note: RefusalNote
  repeated: number
}

/**
 * Who did what, one line each. Changes are always written: they need a right. Refusals need none, so that a stranger
 * could fill the disk with them: the first of an address and kind is written at once, and its repeats are one line with
 * their number every ten seconds. What many addresses do together is summed in the same way.
 */
export class Audit {
  readonly #lines: AuditLines
  readonly #sums = new Map<string, Sum>()
  readonly #beyond = new Map<ErrorCode, number>()
  #timer: NodeJS.Timeout | undefined

  constructor(lines: AuditLines) {
    this.#lines = lines
  }

  changed({ event, address, tokenId, target, user }: ChangeNote): void {
    this.#lines.info({ event, address, tokenId, target: idOnly(target), user: user && idOnly(user) }, 'audit')
  }

  refused(note: RefusalNote): void {
    this.#timer ??= setTimeout(() => {
      this.#endOfTime()
    }, SUM_MS).unref()
    const key = [addressKey(note.address), note.code, note.tokenId].join(' ')
    const known = this.#sums.get(key)
    if (known) known.repeated += 1
    else if (this.#sums.size < MAX_KINDS) {
      this.#sums.set(key, { note, repeated: 0 })
      this.#write(note)
    } else this.#beyond.set(note.code, (this.#beyond.get(note.code) ?? 0) + 1)
  }

  /** Writes what is still being summed. */
  flush(): void {
    for (const { note, repeated } of this.#sums.values()) if (repeated > 0) this.#write(note, repeated)
    for (const [code, repeated] of this.#beyond)
      this.#lines.info({ event: 'refused', code, repeated, addresses: 'many' }, 'audit')
    this.#beyond.clear()
    for (const sum of this.#sums.values()) sum.repeated = 0
  }

  /** A kind that goes on is known already, and has one line in the next ten seconds too. */
  #endOfTime(): void {
    for (const [key, { repeated }] of this.#sums) if (repeated === 0) this.#sums.delete(key)
    this.flush()
    this.#timer = this.#sums.size === 0 ? undefined : this.#timer?.refresh()
  }

  #write({ code, address, tokenId, route, target }: RefusalNote, repeated?: number): void {
    const fields = {
      event: 'refused',
      code,
      address,
      tokenId,
      route,
      target: target && idOnly(target),
      repeated,
    }
    this.#lines.info(fields, 'audit')
  }
}

/** The text of an id; whatever else somebody wrote into a path may be a secret, or a forged line. */
function idOnly(text: string): string {
  const isId = /^[\w.:-]+$/.test(text) && text.length <= MAX_TARGET_LENGTH && !text.startsWith('hld_')
  return isId ? text : '(no id)'
}
