import { HttpSender, publishRequest } from './http-sender'

const CONNECTIONS = 32

/** Where a message goes; told its body, and when it is due as performance.now() counts. */
type FeedOf = (index: number, body: string, due: number) => string

/** Publishes at a steady pace whatever happens, and keeps how long each took from the moment it was due (ms). */
export class SteadyPublisher {
  readonly #port: number
  readonly #token: string
  readonly #feedOf: FeedOf
  readonly #everyMs: number
  readonly times: number[] = []
  #senders: HttpSender[] = []
  #timer: NodeJS.Timeout | undefined
  #sent = 0
  readonly #underWay = new Set<Promise<void>>()

  constructor(port: number, token: string, everyMs: number, feedOf: FeedOf) {
    this.#port = port
    this.#token = token
    this.#everyMs = everyMs
    this.#feedOf = feedOf
  }

  async start(): Promise<void> {
    this.#senders = await Promise.all(Array.from({ length: CONNECTIONS }, () => HttpSender.open(this.#port)))
    const begun = performance.now()
    const tick = (): void => {
      const now = performance.now()
      // A tick that comes late has several to send, each with the time that it should have gone.
      for (; begun + this.#sent * this.#everyMs <= now; this.#sent += 1)
        this.#keep(this.#publish(this.#sent, begun + this.#sent * this.#everyMs))
    }
    this.#timer = setInterval(tick, Math.max(1, this.#everyMs / 2))
  }

  /** Ends when all that were sent are answered. Throws when one was refused. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
    for (const sender of this.#senders) sender.close()
  }

  #keep(work: Promise<void>): void {
    this.#underWay.add(work)
    void work.then(
      () => this.#underWay.delete(work),
      () => undefined,
    )
  }

  async #publish(index: number, due: number): Promise<void> {
    const sender = this.#senders.pop() ?? (await HttpSender.open(this.#port))
    const content = { title: 'Steady', body: `number ${index}`, priority: 3 }
    await sender.send(publishRequest(this.#feedOf(index, content.body, due), this.#token, content))
    this.times.push(performance.now() - due)
    this.#senders.push(sender)
  }
}
