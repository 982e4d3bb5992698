/** One notification of the system. */
export interface Notification {
  readonly id: number
  readonly title: string
  readonly content: string
  /** As the app or the provider gave it. */
  readonly payload: unknown
  /** Made by the app itself, or brought by a push provider. */
  readonly from: 'app' | 'provider'
  /** What else it was made with: channelId, sound, cover, when … */
  readonly options: Readonly<Record<string, unknown>>
}

export interface Channel {
  readonly channelId: string
  readonly channelDesc: string
  readonly [setting: string]: unknown
}

/** The notification centre. It belongs to the system: it outlives the app. */
export class Tray {
  #shown: Notification[] = []
  #lastId = 0
  readonly #channels = new Map<string, Channel>()
  /** Every notification that was ever shown. */
  readonly log: Notification[] = []

  get shown(): readonly Notification[] {
    return this.#shown
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()]
  }

  show(content: Omit<Notification, 'id'>): Notification {
    const notification = { id: ++this.#lastId, ...content }
    this.log.push(notification)
    this.#shown.push(notification)
    return notification
  }

  remove(id: number): void {
    this.#shown = this.#shown.filter((one) => one.id !== id)
  }

  clear(): void {
    this.#shown = []
  }

  /** A channel never changes once it exists, except for its name. */
  addChannel(channel: Channel): void {
    const known = this.#channels.get(channel.channelId)
    this.#channels.set(channel.channelId, known ? { ...known, channelDesc: channel.channelDesc } : channel)
  }
}
