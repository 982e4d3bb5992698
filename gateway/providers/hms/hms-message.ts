import { createHash } from 'node:crypto'
import { cutTexts, wellFormed } from '../cut-text'
import type { ClearAlert, MessageAlert } from '../provider'

/** Huawei, "Functions", constraints: the body without the tokens. */
const MAX_BYTES = 4096
/** Fifteen days. */
const MAX_TTL_S = 1_296_000
const MAX_BADGE = 99

/** Builds the body of a request; a string says why there is none. @param now ms since 1970 */
export function toHmsRequest(
  alert: MessageAlert,
  token: string,
  category: string,
  now: number,
): object | string {
  if (alert.expires <= now) return 'the push expired before it was sent'
  const ttl = Math.min(Math.ceil((alert.expires - now) / 1000), MAX_TTL_S)
  const build = (title: string, body: string) => ({
    payload: {
      notification: {
        category,
        title,
        body,
        // 0 opens the app, which reads the data from what opened it.
        clickAction: { actionType: 0, data: { payload: alert.payload } },
        badge: { setNum: Math.min(alert.badge, MAX_BADGE) },
        notifyId: notifyIdOf(alert.collapseId),
      },
    },
    pushOptions: { ttl },
  })
  const [title, body] = [wellFormed(alert.title), wellFormed(alert.body)]
  const room = MAX_BYTES - Buffer.byteLength(JSON.stringify(build('', '')))
  if (room < 0) return `its payload leaves no room for text: HMS takes ${MAX_BYTES} bytes`
  const cut = cutTexts(title, body, room)
  // Huawei refuses an empty title or body.
  return { ...build(cut.title || ' ', cut.body || ' '), target: { token: [token] } }
}

/** The body of a recall: of what has not arrived, and of what is shown and was not touched. */
export const toHmsRecall = ({ collapseId }: ClearAlert, token: string): object => ({
  notifyId: notifyIdOf(collapseId),
  token: [token],
})

/** The same number replaces what is shown; 31 bits are what the field takes. */
function notifyIdOf(collapseId: string): number {
  return createHash('sha256').update(collapseId).digest().readUInt32BE() >>> 1
}
