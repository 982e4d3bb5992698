import type { BadgePort } from './presentation'

/** A count for a small place: uni's tab bar shows four characters as "...". */
export function badgeText(unread: number): string {
  return unread > 99 ? '99+' : String(unread)
}

/** Several badges as one. A count that did not change is not set again. */
export function combineBadges(badges: readonly BadgePort[]): BadgePort {
  let last: number | null = null
  return {
    set(unread) {
      if (unread === last) return
      last = unread
      for (const badge of badges) badge.set(unread)
    },
  }
}

interface TabBarCall {
  index: number
  fail(): void
}

/** The part of `uni` that is used. */
export interface UniTabBar {
  setTabBarBadge(options: TabBarCall & { text: string }): unknown
  removeTabBarBadge(options: TabBarCall): unknown
}

/** The badge on a tab. Off a tab page uni refuses to set it, so tab pages call `apply` in their onShow. */
export class TabBadge implements BadgePort {
  readonly #tabBar: UniTabBar
  readonly #index: number
  #unread = 0

  constructor(tabBar: UniTabBar, index: number) {
    this.#tabBar = tabBar
    this.#index = index
  }

  set(unread: number): void {
    this.#unread = unread
    this.apply()
  }

  /** Shows the last count again. */
  apply(): void {
    // "not TabBar page": the next onShow of one applies it. Without `fail` uni answers a promise that rejects.
    const call = { index: this.#index, fail: () => undefined }
    if (this.#unread > 0) this.#tabBar.setTabBarBadge({ ...call, text: badgeText(this.#unread) })
    else this.#tabBar.removeTabBarBadge(call)
  }
}
