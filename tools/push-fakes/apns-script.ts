// What a test tells the fake of APNs, and what it can see of it.
import type { ApnsPush } from './apns-devices'
import type { ApnsKey } from './apns-provider-tokens'
import type { ApnsAnswer, ApnsDevice, ApnsRequest } from './apns-rules'

/**
 * What the next request meets.
 * - `answer`: this, whatever it was; the push is not taken. `body` replaces the JSON.
 * - `hang`: no answer, ever. `wait`: the usual, but not before.
 * - `kill`: the socket dies without a word, with or without the push taken.
 * - `goaway`: GOAWAY. `taken`: this request is still answered; otherwise it and all later ones were never seen.
 */
export type ApnsFault =
  | (ApnsAnswer & {
      readonly type: 'answer'
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    })
  | { readonly type: 'hang' }
  | { readonly type: 'wait'; readonly until: Promise<unknown> }
  | { readonly type: 'kill'; readonly taken: boolean }
  | { readonly type: 'goaway'; readonly taken: boolean; readonly reason?: string }

export interface ApnsFakeOptions {
  readonly environment?: 'production' | 'sandbox'
  readonly keys?: readonly ApnsKey[]
  readonly devices?: readonly ApnsDevice[]
  /** What a connection may have at once after its first 200; before that it is one. */
  readonly maxConcurrentStreams?: number
  /** What its first SETTINGS say; it takes one stream before the first 200 all the same. */
  readonly announcedStreams?: number
  readonly port?: number
  /** ms since 1970. */
  readonly now?: () => number
  /** Called when a device shows a push. */
  readonly onShown?: (push: ApnsPush) => void
  /** Called when a push was taken (200) or refused. */
  readonly onAnswered?: (request: ApnsRequest, answer: ApnsAnswer) => void
}

/** A request that was not taken. */
export interface RefusedPush extends ApnsAnswer {
  readonly token: string | undefined
  readonly headers: Readonly<Record<string, string | undefined>>
}

export interface ApnsFake {
  readonly url: string
  /** PEM of the certificate that the clients have to trust. */
  readonly ca: string
  readonly pushes: readonly ApnsPush[]
  readonly refused: readonly RefusedPush[]
  /** Requests that came whole, those of a fault included. */
  readonly requests: number
  /** Connections that were ever opened. */
  readonly connections: number
  /** The most streams that were open at once on a connection before its first 200, and after. */
  readonly mostStreams: { before: number; after: number }
  tray(token: string): readonly ApnsPush[]
  badge(token: string): number | undefined
  setDevice(device: ApnsDevice): void
  script(...faults: ApnsFault[]): void
  /** Forgets the faults that no request has met yet. */
  unscript(): void
  /** Sends GOAWAY on every connection; requests under way are still answered. */
  goAway(reason: string): void
  /** Cuts every connection without a word. */
  cut(): void
  /** For new connections and those that have had their first 200. */
  limitStreams(count: number): void
  close(): Promise<void>
}
