/** How long to wait for whom, in ms after the message. */
export interface Deadlines {
  /** For a device whose app is in the foreground. */
  readonly foregroundMs: number
  /** For one whose app runs in the background. */
  readonly backgroundMs: number
  /** For the other devices of somebody who has it before their eyes on one; 0 is not at all. */
  readonly quietWhenActiveMs: number
}

/** What a person decides about pushes. */
export interface PushSettings {
  readonly deadlines: Deadlines
  /** Feeds and patterns of which pushes say only that there is something. */
  readonly idOnly: readonly string[]
  /** How long a message without an expiry is worth a push, ms. */
  readonly lifeMs: number
  /** Pushes that one device gets in a day; 0 is no limit. */
  readonly dailyPerDevice: number
}
