import type { Cursor, Message, ServerFrame } from '@herald/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import type { FeedHead, FeedLog, JsonPage, PageRequest } from '../../../gateway/contracts/feed-log'
import { FeedStream, type StreamOutput } from '../../../gateway/ws/feed-stream'
import { PageFrames } from '../../../gateway/ws/page-frames'
import { encodeFrame } from '../../../gateway/ws/wire/text-frame'

const FEED = 'topic:a'

const message = (seq: number): Message => ({
  id: `00000000-0000-4000-8000-${String(seq).padStart(12, '0')}`,
  feed: FEED,
  seq,
  time: seq,
  body: 'x',
  priority: 3,
})

/** A log whose reads are answered when the test says so, as those of a log on another machine are. */
class SlowLog {
  from = 1
  head = 0
  /** From this seq on nothing can be read yet. */
  late = Infinity
  readonly #reads: (() => void)[] = []

  get now(): FeedHead {
    return { feed: FEED, epoch: 'e', from: this.from, head: this.head }
  }

  asLog(): FeedLog {
    return {
      head: () => Promise.resolve(this.now),
      readJson: async (_feed: string, page: PageRequest) => toJsonPage(await this.#read(page)),
    } as unknown as FeedLog
  }

  async answerReads(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      for (const answer of this.#reads.splice(0)) answer()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  #read(page: PageRequest): Promise<Message[]> {
    const after = Math.max('after' in page ? page.after : 0, this.from - 1)
    return new Promise((resolve) => {
      this.#reads.push(() => {
        const first = Math.max(after, this.from - 1) + 1
        const last = Math.min(this.head, first + page.limit - 1, this.late - 1)
        resolve(Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => message(first + i)))
      })
    })
  }
}

function toJsonPage(messages: readonly Message[]): JsonPage | undefined {
  const [first, last] = [messages[0], messages.at(-1)]
  if (!first || !last) return undefined
  return { first: first.seq, last: last.seq, json: messages.map((each) => JSON.stringify(each)).join(',') }
}

/** What went out, as frames. */
class Output implements StreamOutput {
  closed = false
  readonly frames: ServerFrame[] = []
  readonly failures: unknown[] = []

  send(frame: ServerFrame): void {
    this.frames.push(frame)
  }

  sendEncoded(frame: Buffer): void {
    // The header of a short text frame is two bytes, of a longer one four.
    const start = (frame[1] ?? 0) < 126 ? 2 : 4
    this.frames.push(JSON.parse(frame.subarray(start).toString()) as ServerFrame)
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  fail(error: unknown): void {
    this.failures.push(error)
  }

  get seqs(): number[] {
    return this.frames.flatMap((frame) =>
      frame.type === 'messages' ? frame.messages.map(({ seq }) => seq) : [],
    )
  }
}

describe('a stream of a feed', () => {
  let log: SlowLog
  let output: Output
  let stream: FeedStream

  beforeEach(() => {
    log = new SlowLog()
    output = new Output()
    stream = new FeedStream(FEED, log.asLog(), new PageFrames(log.asLog()), output)
  })

  const start = (cursor: Cursor | undefined): Promise<void> => stream.start(cursor, log.now)

  /** A commit is told: the head moves first, then every stream hears of it. */
  function append(...seqs: number[]): void {
    const messages = seqs.map(message)
    log.head = Math.max(log.head, ...seqs)
    const shared = (): Buffer => encodeFrame({ type: 'messages', feed: FEED, epoch: 'e', messages })
    stream.onAppend(messages, Math.max(...seqs), shared)
  }

  it('sends what is published while it reads, once', async () => {
    log.head = 3
    const started = start(undefined)
    append(4)
    append(5)
    await log.answerReads()
    await started
    append(6)
    expect(output.seqs).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('sends nothing twice when it is told twice', async () => {
    await start(undefined)
    append(1, 2)
    append(1, 2)
    append(2)
    expect(output.seqs).toEqual([1, 2])
  })

  it('reads the log when it was not told of something', async () => {
    await start(undefined)
    append(1)
    log.head = 3
    append(4)
    append(5)
    await log.answerReads()
    append(6)
    expect(output.seqs).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('names what retention took while it was reading', async () => {
    log.head = 10
    const started = start({ epoch: 'e', seq: 2 })
    log.from = 6
    await log.answerReads()
    await started
    expect(output.frames[0]).toMatchObject({ type: 'gap', from: 3, to: 5, reason: 'trimmed' })
    expect(output.seqs).toEqual([6, 7, 8, 9, 10])
  })

  it('names what retention took when nothing is left', async () => {
    log.head = 10
    const started = start({ epoch: 'e', seq: 2 })
    log.from = 11
    await log.answerReads()
    await started
    expect(output.frames).toMatchObject([{ type: 'gap', from: 3, to: 10, reason: 'trimmed' }])
    append(11)
    expect(output.seqs).toEqual([11])
  })

  it('calls nothing trimmed that the log only has late', async () => {
    await start(undefined)
    append(1)
    log.late = 2
    log.head = 3
    append(4)
    await log.answerReads()
    expect(output.frames.filter(({ type }) => type === 'gap')).toEqual([])
    expect(output.failures).toHaveLength(1)
  })

  it('says nothing more once it has ended', async () => {
    log.head = 3
    const started = start(undefined)
    stream.end()
    await log.answerReads()
    await started
    append(4)
    expect(output.frames).toEqual([])
  })
})
