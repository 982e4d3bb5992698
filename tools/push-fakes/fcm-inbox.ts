import type { FcmPush } from './fcm-fake'

/** Google, "Collapsible and non-collapsible messages": beyond, all that waits is thrown away. */
const MAX_WAITING = 100

interface Waiting {
  readonly push: FcmPush
  readonly until: number
}

/**
 * What reaches devices. For one that is offline FCM keeps of all notification messages the newest alone, because they
 * collapse under the name of the app, whatever their `collapse_key` and tag say; messages of data alone do not collapse.
 * https://firebase.google.com/docs/cloud-messaging/customize-messages/collapsible-message-types
 */
export class FcmInbox {
  readonly delivered: FcmPush[] = []
  readonly #offline = new Map<string, Waiting[]>()
  readonly #now: () => number

  /** @param now ms since 1970 */
  constructor(now: () => number) {
    this.#now = now
  }

  take(push: FcmPush): void {
    const waiting = this.#offline.get(push.message.token)
    if (waiting === undefined) {
      this.delivered.push(push)
      return
    }
    const isNotification = push.message.notification !== undefined
    const others = waiting.filter((one) => !isNotification || one.push.message.notification === undefined)
    const seconds = Number.parseFloat(push.message.android?.ttl ?? '2419200s')
    const kept = [...others, { push, until: this.#now() + seconds * 1000 }]
    this.#offline.set(push.message.token, kept.length > MAX_WAITING ? [] : kept)
  }

  setOnline(token: string, online: boolean): void {
    const waiting = this.#offline.get(token) ?? []
    if (online) {
      this.#offline.delete(token)
      this.delivered.push(...waiting.filter(({ until }) => until > this.#now()).map(({ push }) => push))
    } else this.#offline.set(token, waiting)
  }
}
