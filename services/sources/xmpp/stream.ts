/** A stanza that the server has not said to have. */
export interface Outgoing {
  readonly xml: string
  /** What whoever sent it calls it, to be told what became of it; absent: nobody asks. */
  readonly ref?: string
}

/**
 * One stream of stanzas with its counters (XEP-0198 §4). It outlives sockets: that is what resuming means. A new one begins
 * with each bind.
 */
export interface Stream {
  /** Tells streams apart: what was being stored of one before says nothing of this one. */
  readonly life: number
  /** What to resume it by; null: the server does not let it. */
  readonly id: string | null
  /** The address that the server gave. */
  readonly jid: string
  /** Stanzas that came. */
  readonly received: number
  /** Of these, how many are stored. Only they are said to be here. */
  readonly stored: number
  /** How many the server was told to be here. */
  readonly told: number
  /** The server has asked, and how many had come by then; null: it has its answer. */
  readonly asked: number | null
  /** How many of ours the server has said to have. */
  readonly taken: number
  readonly unacked: readonly Outgoing[]
  /** How often it was tried to resume it since it last worked. */
  readonly tries: number
}

/** Counters are of 32 bits (XEP-0198 §4). */
const WRAP = 2 ** 32

/** What a stream begins as. */
export const beginStream = (life: number, jid: string, id: string | null): Stream => ({
  ...{ life, jid, id, received: 0, stored: 0, told: 0, asked: null },
  ...{ taken: 0, unacked: [], tries: 0 },
})

/** A stanza has come. */
export const receive = (stream: Stream): Stream => ({ ...stream, received: stream.received + 1 })

/** The stanzas up to one are stored. */
export const store = (stream: Stream, count: number): Stream => ({
  ...stream,
  stored: Math.max(stream.stored, count),
})

/** A stanza is on its way. */
export const put = (stream: Stream, outgoing: Outgoing): Stream => ({
  ...stream,
  unacked: [...stream.unacked, outgoing],
})

/** The server has so many of ours; undefined: it says more than it was sent, or less than it has said before. */
export function take(
  stream: Stream,
  h: string | undefined,
): { stream: Stream; taken: readonly Outgoing[] } | undefined {
  if (h === undefined || !/^\d{1,10}$/.test(h)) return undefined
  const news = (((Number(h) - stream.taken) % WRAP) + WRAP) % WRAP
  if (news > stream.unacked.length) return undefined
  return {
    stream: { ...stream, taken: (stream.taken + news) % WRAP, unacked: stream.unacked.slice(news) },
    taken: stream.unacked.slice(0, news),
  }
}

/** A counter as it is written. */
export const written = (count: number): string => String(count % WRAP)
