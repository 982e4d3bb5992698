import { cutTexts, wellFormed } from '../cut-text'
import { barePayload, fitPayload } from '../fit-payload'
import { MAX_PLAINTEXT_BYTES } from './encryption'

/**
 * Mozilla hands pushes for Firefox on Android to FCM, as base64 in data of at most 4,096 bytes, and refuses what is
 * over (autopush-rs, routers/fcm/client.rs). Its endpoints do not tell a phone from a desktop. Padded and encrypted
 * these are 2,918 bytes; the next step of padding is too large.
 */
const MAX_MOZILLA_BYTES = 2815
const MOZILLA = /(?:^|\.)push\.services\.mozilla\.com$/

/** How much text a push service takes, by the host of its endpoint (bytes). */
export const maxPlaintext = (host: string): number =>
  MOZILLA.test(host) ? MAX_MOZILLA_BYTES : MAX_PLAINTEXT_BYTES

/** What is left to try when a service finds a push too large: without its texts, or with half of its ids. */
export function smallerPayload(payload: string): string | undefined {
  const bytes = Buffer.byteLength(payload)
  const bare = barePayload(payload)
  if (Buffer.byteLength(bare) < bytes) return bare
  return fitPayload(payload, (text) => Buffer.byteLength(text) <= bytes / 2)
}

/** Cuts title and body inside a payload so that it can be encrypted; undefined when even without them it is too large. */
export function toPlaintext(payload: string, maxBytes = MAX_PLAINTEXT_BYTES): Buffer | undefined {
  const whole = Buffer.from(payload)
  if (whole.length <= maxBytes) return whole
  const fewerIds = shorterList(payload, maxBytes)
  if (fewerIds !== undefined) return Buffer.from(fewerIds)
  const { title, body, ...rest } = JSON.parse(payload) as Record<string, unknown>
  const texts = { title: textOf(title), body: textOf(body) }
  const room = maxBytes - Buffer.byteLength(JSON.stringify({ ...rest, title: '', body: '' }))
  if (room < 0) return undefined
  const cut = cutTexts(texts.title, texts.body, room)
  const kept = {
    ...(title === undefined ? {} : { title: cut.title }),
    ...(body === undefined ? {} : { body: cut.body }),
  }
  return Buffer.from(JSON.stringify({ ...rest, ...kept }))
}

/** A payload that only names messages, with fewer of them; undefined for one that has texts to cut. */
function shorterList(payload: string, maxBytes: number): string | undefined {
  if (barePayload(payload) !== payload) return undefined
  return fitPayload(payload, (text) => Buffer.byteLength(text) <= maxBytes)
}

const textOf = (value: unknown): string => (typeof value === 'string' ? wellFormed(value) : '')
