import { childOf, escapeXml, writeXml, type XmlElement } from '@herald/protocol'
import { submitForm } from './forms'
import { NS } from './namespaces'
import type { Unwrapped } from './origin'

/** A message as the archive has it. */
export type Archived = Unwrapped & { readonly by: 'archive'; readonly archiveId: string }

/** A part of the archive, oldest first. */
export interface ArchivePage {
  readonly items: readonly Archived[]
  /** There is nothing further in the direction that was asked for. */
  readonly complete: boolean
}

/** Which part. Without `after` and `before` it begins at the oldest. */
export interface ArchiveQuery {
  /** An address: only what went to it or came from it. */
  readonly with?: string
  /** Not what is older than this time. */
  readonly start?: string
  /** Only what comes after this id. */
  readonly after?: string
  /** Only what comes before this id; '' is the end of the archive. */
  readonly before?: string
  readonly max: number
}

type Ask = (type: 'set', child: string, to?: string) => Promise<XmlElement>

/** More than one was asked for no server sends; a wrapper that nobody asked for is dropped. */
const MAX_ITEMS = 500

/** Reads the own archive at the server, and those of rooms (XEP-0313). Results come as messages, before the answer to the question. */
export class Archive {
  readonly #ask: Ask
  readonly #own: string
  readonly #open = new Map<string, { readonly of: string; readonly items: Archived[] }>()
  #count = 0

  /** @param own the own bare address */
  constructor(ask: Ask, own: string) {
    this.#ask = ask
    this.#own = own
  }

  /** Addresses of archives whose results are waited for. */
  get asked(): readonly string[] {
    return [...this.#open.values()].map(({ of }) => of)
  }

  /** A result has come. */
  take(result: Unwrapped): void {
    const open = this.#open.get(result.query ?? '')
    if (!open || !isArchived(result) || open.of !== result.archive) return
    if (open.items.length < MAX_ITEMS) open.items.push(result)
  }

  /** Rejects with an AskError. @param room the address of a room, for its own archive */
  async page(query: ArchiveQuery, room?: string): Promise<ArchivePage> {
    const id = `page-${String((this.#count += 1))}`
    const items: Archived[] = []
    this.#open.set(id, { of: room ?? this.#own, items })
    try {
      const answer = await this.#ask('set', writeQuery(id, query), room)
      const fin = childOf(answer, 'fin', NS.archive)
      return { items, complete: fin?.attrs['complete'] === 'true' || items.length === 0 }
    } finally {
      this.#open.delete(id)
    }
  }
}

const isArchived = (found: Unwrapped): found is Archived =>
  found.by === 'archive' && found.archiveId !== undefined

/** Only what both servers take: an id to begin at is RSM's and not the form's. */
function writeQuery(queryid: string, { with: peer, start, after, before, max }: ArchiveQuery): string {
  const child = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [writeXml(name, {}, escapeXml(value))]
  const set = writeXml(
    'set',
    { xmlns: NS.resultSets },
    ...[...child('max', String(max)), ...child('after', after), ...child('before', before)],
  )
  return writeXml('query', { xmlns: NS.archive, queryid }, submitForm(NS.archive, { with: peer, start }), set)
}
