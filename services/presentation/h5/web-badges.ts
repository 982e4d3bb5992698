import { badgeText } from '../badges'
import type { BadgePort } from '../presentation'

/** The part of `document` that is used. */
export interface TitleDocument {
  title: string
}

/**
 * The count before the page's title: "(3) Herald". uni sets the title anew with every page, so the caller reports
 * that (a MutationObserver on the title element), and the count is put back.
 */
export class TitleBadge implements BadgePort {
  readonly #document: TitleDocument
  #unread = 0

  /** @param onTitleChange calls back after every change of the title, this one's own too */
  constructor(document: TitleDocument, onTitleChange: (changed: () => void) => void) {
    this.#document = document
    onTitleChange(() => {
      this.#apply()
    })
  }

  set(unread: number): void {
    this.#unread = unread
    this.#apply()
  }

  #apply(): void {
    const plain = this.#document.title.replace(/^\(\d+\+?\) /, '')
    const title = this.#unread > 0 ? `(${badgeText(this.#unread)}) ${plain}` : plain
    // Setting it calls back: without this it would for ever.
    if (title !== this.#document.title) this.#document.title = title
  }
}

/** Calls back after each change of the title of a real document. */
export function observeTitle(document: Document): (changed: () => void) => void {
  return (changed) => {
    const title = document.querySelector('title')
    if (title)
      new MutationObserver(changed).observe(title, { childList: true, characterData: true, subtree: true })
  }
}

/** The badge of an installed web app: w3.org/TR/badging. */
export class InstalledAppBadge implements BadgePort {
  readonly #navigator: Partial<Pick<Navigator, 'setAppBadge' | 'clearAppBadge'>>

  constructor(navigator: Partial<Pick<Navigator, 'setAppBadge' | 'clearAppBadge'>>) {
    this.#navigator = navigator
  }

  set(unread: number): void {
    const done = unread > 0 ? this.#navigator.setAppBadge?.(unread) : this.#navigator.clearAppBadge?.()
    // It rejects when the app is not installed or the user forbade it: there is no badge to show then.
    done?.catch(() => undefined)
  }
}
