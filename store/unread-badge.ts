import type { BadgePort } from '../services/presentation/presentation'

/**
 * The count on the icon, without a 0 that nobody knows to be true: storage is read late, and the gateway is heard later.
 * On iOS a badge of 0 empties the tray, so that the pushes of an app that was not there would go unseen, also when a
 * push starts the app and nobody looks at it.
 */
export class UnreadBadge {
  readonly #badge: BadgePort
  #unread = 0
  #known: 'unknown' | 'known' = 'unknown'

  constructor(badge: BadgePort) {
    this.#badge = badge
  }

  /** As far as this device knows. */
  unread(unread: number): void {
    this.#unread = unread
    if (unread > 0) this.#known = 'known'
    this.#show()
  }

  /** The gateway has told what is unread. */
  live(unread: number): void {
    this.#known = 'known'
    this.unread(unread)
  }

  /** Nobody's messages are here. */
  signedOut(): void {
    this.#unread = 0
    this.#known = 'unknown'
    this.#badge.set(0)
  }

  #show(): void {
    if (this.#known === 'known') this.#badge.set(this.#unread)
  }
}
