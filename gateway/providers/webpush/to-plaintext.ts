import { cutTexts, wellFormed } from '../cut-text'
import { MAX_PLAINTEXT_BYTES } from './encryption'

/** Cuts title and body inside a payload so that it can be encrypted; undefined when even without them it is too large. */
export function toPlaintext(payload: string): Buffer | undefined {
  const whole = Buffer.from(payload)
  if (whole.length <= MAX_PLAINTEXT_BYTES) return whole
  const { title, body, ...rest } = JSON.parse(payload) as Record<string, unknown>
  const texts = { title: textOf(title), body: textOf(body) }
  const room = MAX_PLAINTEXT_BYTES - Buffer.byteLength(JSON.stringify({ ...rest, title: '', body: '' }))
  if (room < 0) return undefined
  const cut = cutTexts(texts.title, texts.body, room)
  const kept = {
    ...(title === undefined ? {} : { title: cut.title }),
    ...(body === undefined ? {} : { body: cut.body }),
  }
  return Buffer.from(JSON.stringify({ ...rest, ...kept }))
}

const textOf = (value: unknown): string => (typeof value === 'string' ? wellFormed(value) : '')
