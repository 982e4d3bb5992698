import type { User } from '@herald/protocol'

const MAX_NAME = 40

/** Control characters, and marks that are not seen or turn what stands around them. */
const UNSEEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu

/** Names an account in a question. The server that says the name may be a stranger's. */
export function nameOf({ id, name }: User): string {
  const shown = name.replace(UNSEEN, '').trim()
  if (shown === '' || shown === id) return id
  return `${shown.length > MAX_NAME ? `${shown.slice(0, MAX_NAME)}…` : shown} (${id})`
}
