/** One notification of the system. */
export interface Notification {
  readonly id: number
  readonly title: string
  readonly content: string
  /** As the app or the provider gave it. */
  readonly payload: unknown
  /** What a tap gives the app: on Android not always its own payload. */
  readonly opens: unknown
  /** Made by the app itself, or brought by a push provider. */
  readonly from: 'app' | 'provider'
  /** Android: the number that the app's process gave it. */
  readonly number?: number
  /** What else it was made with: channelId, sound, cover, when … */
  readonly options: Readonly<Record<string, unknown>>
}

export interface Channel {
  readonly channelId: string
  readonly channelDesc: string
  readonly [setting: string]: unknown
}

/**
 * What `PendingIntent.getActivity` gives for a number that was used before and not tapped: `kept`, the old intent with
 * its old payload, as without FLAG_UPDATE_CURRENT; `renewed`, one with the new payload.
 */
export type PendingIntents = 'kept' | 'renewed'

/** The notification centre. It belongs to the system: it outlives the app. */
export class Tray {
  #shown: Notification[] = []
  #lastId = 0
  readonly #intents = new Map<number, unknown>()
  readonly #channels = new Map<string, Channel>()
  /** Every notification that was ever shown. */
  readonly log: Notification[] = []

  get shown(): readonly Notification[] {
    return this.#shown
  }

  get channels(): readonly Channel[] {
    return [...this.#channels.values()]
  }

  show(content: Omit<Notification, 'id' | 'opens'> & { readonly opens?: unknown }): Notification {
    const notification = { id: ++this.#lastId, opens: content.payload, ...content }
    this.log.push(notification)
    this.#shown.push(notification)
    return notification
  }

  /** Android: under a number that the app's process gives. It takes the place of what lies there under the same one. */
  showAs(number: number, content: Omit<Notification, 'id' | 'opens' | 'number'>, intents: PendingIntents) {
    this.#shown = this.#shown.filter((one) => one.number !== number)
    const isKnown = intents === 'kept' && this.#intents.has(number)
    const opens = isKnown ? this.#intents.get(number) : content.payload
    this.#intents.set(number, opens)
    return this.show({ ...content, number, opens })
  }

  /** The owner taps it. */
  tapped({ id, number }: Notification): void {
    this.remove(id)
    // FLAG_ONE_SHOT.
    if (number !== undefined) this.#intents.delete(number)
  }

  remove(id: number): void {
    this.#shown = this.#shown.filter((one) => one.id !== id)
  }

  clear(): void {
    this.#shown = []
  }

  /** A channel never changes once it exists: the SDK does not even ask to rename it. */
  addChannel(channel: Channel): void {
    if (!this.#channels.has(channel.channelId)) this.#channels.set(channel.channelId, channel)
  }
}
