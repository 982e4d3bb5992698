import type { BusEventName, BusEvents } from '../contracts/bus'

/** An event with its name. */
export type Told = { readonly [Name in BusEventName]: readonly [Name, BusEvents[Name]] }[BusEventName]

/** What one gateway sends as one text. */
export interface Packet {
  /** Who sends it. */
  readonly from: string
  /** Counts what this sender has sent, from 1: a hole says that something was lost. */
  readonly count: number
  /** What is told; nothing, when it only says that the sender lives. */
  readonly events: readonly Told[]
  /** A part of a packet that was too long for one text: base64, the last one with `isEnd`. */
  readonly part?: string
  readonly isEnd?: boolean
}

/**
 * The longest event that goes in parts, bytes; what another gateway sends of one without end is dropped. One that is longer
 * is not carried: it takes a number, so everybody looks for what it would have told.
 */
export const MAX_EVENT_BYTES = 1024 * 1024

/** What a packet has beside its events, as JSON, in bytes: two names, a number, a gateway's id. */
const FRAME_BYTES = 160

/**
 * Puts events into as few packets as have room for them. Messages that have none are not carried: others read them, as many
 * at a time as a page has. What else is too long goes in parts.
 * @param roomBytes of one text
 */
export function packetsOf(
  from: string,
  told: readonly Told[],
  roomBytes: number,
  nextCount: () => number,
): string[] {
  const room = roomBytes - FRAME_BYTES
  const texts: string[] = []
  let gathered: string[] = []
  let bytes = 0
  const flush = (): void => {
    if (gathered.length === 0) return
    texts.push(withEvents(from, nextCount(), gathered))
    gathered = []
    bytes = 0
  }
  for (const event of told) {
    const text = shortened(event, room)
    const size = Buffer.byteLength(text) + 1
    if (bytes + size > room) flush()
    if (size > MAX_EVENT_BYTES) nextCount()
    else if (size > room) texts.push(...inParts(from, text, room, nextCount))
    else {
      gathered.push(text)
      bytes += size
    }
  }
  flush()
  return texts
}

/** A packet that tells nothing but that its sender lives, and how much it has sent. */
export const beatOf = (from: string, count: number): string => withEvents(from, count, [])

const withEvents = (from: string, count: number, events: readonly string[]): string =>
  `{"from":${JSON.stringify(from)},"count":${String(count)},"events":[${events.join(',')}]}`

function shortened(event: Told, room: number): string {
  const text = JSON.stringify(event)
  if (event[0] !== 'appended' || Buffer.byteLength(text) < room) return text
  return JSON.stringify(['grew', { head: event[1].head }] satisfies Told)
}

function inParts(from: string, text: string, room: number, nextCount: () => number): string[] {
  const whole = Buffer.from(text).toString('base64')
  const parts = Math.ceil(whole.length / room)
  return Array.from({ length: parts }, (_, index) =>
    JSON.stringify({
      ...{ from, count: nextCount(), events: [], part: whole.slice(index * room, (index + 1) * room) },
      ...(index === parts - 1 && { isEnd: true }),
    } satisfies Packet),
  )
}

/** The event that parts make; undefined when something else comes out. */
export function joinParts(parts: readonly string[]): Told | undefined {
  const text = Buffer.from(parts.join(''), 'base64').toString()
  const event = parseJson(text)
  return isTold(event) ? event : undefined
}

/** Whether these may become an event: base64 takes four bytes for three. */
export const haveRoom = (parts: readonly string[]): boolean =>
  parts.reduce((bytes, { length }) => bytes + length, 0) <= (MAX_EVENT_BYTES / 3) * 4

/** Undefined for what no gateway sends. */
export function readPacket(text: string): Packet | undefined {
  const packet = parseJson(text) as Partial<Packet> | null | undefined
  const { from, count, events, part } = packet ?? {}
  const isPacket =
    typeof from === 'string' &&
    Number.isSafeInteger(count) &&
    Array.isArray(events) &&
    events.every(isTold) &&
    (part === undefined || typeof part === 'string')
  return isPacket ? (packet as Packet) : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not one of ours: the caller counts it as lost.
    return undefined
  }
}

const isTold = (event: unknown): event is Told =>
  Array.isArray(event) &&
  event.length === 2 &&
  typeof event[0] === 'string' &&
  typeof event[1] === 'object' &&
  event[1] !== null
