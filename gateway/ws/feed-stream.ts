import { CATCH_UP_PAGE, type Cursor, type Message, type ServerFrame } from '@herald/protocol'
import { planCatchUp } from './catch-up'
import type { FeedHead, FeedLog } from '../contracts/feed-log'
import type { PageFrames } from './page-frames'

/** What a stream needs of its connection. */
export interface StreamOutput {
  readonly closed: boolean
  send(frame: ServerFrame): void
  sendEncoded(frame: Buffer): void
  ready(): Promise<void>
  /** The stream cannot go on. */
  fail(error: unknown): void
}

/**
 * One feed on one connection: first what the device missed, then what is published. `sent` is the last seq that
 * went out; nothing goes out but the next one, so a device can never see a hole or a double.
 */
export class FeedStream {
  readonly feed: string
  readonly #log: FeedLog
  readonly #pages: PageFrames
  readonly #output: StreamOutput
  #epoch = ''
  #sent = 0
  /** The newest seq that was heard of, sent or not. */
  #newest = 0
  #mode: 'catching-up' | 'live' | 'ended' = 'catching-up'

  constructor(feed: string, log: FeedLog, pages: PageFrames, output: StreamOutput) {
    this.feed = feed
    this.#log = log
    this.#pages = pages
    this.#output = output
  }

  /** Whether the feed has this message, as far as was heard: an ack of another says nothing. */
  has(epoch: string, seq: number): boolean {
    return epoch === this.#epoch && seq <= Math.max(this.#newest, this.#sent)
  }

  /**
   * Tells resets and gaps, then sends the log until the head is reached.
   * @param head as the device was told it
   */
  async start(cursor: Cursor | undefined, head: FeedHead): Promise<void> {
    const { epoch } = head
    const plan = planCatchUp(cursor, head, CATCH_UP_PAGE)
    if (plan.reset) this.#output.send({ type: 'reset', feed: this.feed, epoch, reason: plan.reset })
    for (const gap of plan.gaps) this.#output.send({ type: 'gap', feed: this.feed, epoch, ...gap })
    this.#epoch = epoch
    this.#sent = plan.after
    this.#newest = Math.max(this.#newest, head.head)
    await this.#catchUp()
  }

  /** Messages that were just committed, and the frame that all live streams of the feed share. */
  onAppend(messages: readonly Message[], last: number, shared: () => Buffer): void {
    if (this.#mode !== 'live') {
      this.#newest = Math.max(this.#newest, last)
      return
    }
    if (last <= this.#sent) return
    if (messages[0]?.seq !== this.#sent + 1) {
      this.#newest = Math.max(this.#newest, last)
      this.#catchUpAgain()
      return
    }
    this.#sent = last
    this.#output.sendEncoded(shared())
  }

  /** The log goes as far as this; what is new in it comes from there. */
  onHead(head: number): void {
    if (this.#mode === 'ended' || head <= this.#sent) return
    this.#newest = Math.max(this.#newest, head)
    if (this.#mode === 'live') this.#catchUpAgain()
  }

  /** Retention moved the beginning of the feed; a stream that is catching up finds out by itself. */
  onTrim(frame: Buffer): void {
    if (this.#mode === 'live') this.#output.sendEncoded(frame)
  }

  /** The life of the log that it is in. */
  get epoch(): string {
    return this.#epoch
  }

  end(): void {
    this.#mode = 'ended'
  }

  #catchUpAgain(): void {
    this.#catchUp().catch((error: unknown) => {
      this.#output.fail(error)
    })
  }

  async #catchUp(): Promise<void> {
    this.#mode = 'catching-up'
    for (;;) {
      await this.#output.ready()
      // Asked anew: what was appended before the stream was known to the hub is told by nobody else.
      const head = await this.#log.head(this.feed)
      if (this.#isOver() || !head) return
      if (this.#sent >= Math.max(head.head, this.#newest)) break
      await this.#sendNext(head)
    }
    this.#mode = 'live'
  }

  async #sendNext(head: FeedHead): Promise<void> {
    const { feed, epoch } = head
    const next = this.#sent + 1
    const page = await this.#pages.read(head, this.#sent)
    const first = page?.first ?? Math.max(next, (await this.#log.head(feed))?.from ?? next)
    if (this.#isOver()) return
    if (first > next) {
      // Retention overtook the stream between the plan and this page.
      this.#output.send({ type: 'gap', feed, epoch, from: next, to: first - 1, reason: 'trimmed' })
      this.#sent = first - 1
    }
    if (page) {
      this.#output.sendEncoded(page.frame)
      this.#sent = page.last
    } else if (first === next) {
      // To name a gap here could call a message trimmed that is only late; the device comes back and asks again.
      throw new Error(`the log of ${feed} has no message ${String(next)} below its head`)
    }
  }

  #isOver(): boolean {
    return this.#mode === 'ended' || this.#output.closed
  }
}
