import type { ClickTarget } from '../services/presentation/presentation'

/** What opening needs of the pages: `uni` and its page stack. */
export interface Pages {
  /** Address of the page on top, with its query; undefined before the first page is there. */
  top(): string | undefined
  /** Opens a page; `instead` replaces the one on top. */
  open(url: string, instead: boolean): void
  switchTab(url: string): void
  later(run: () => void, ms: number): void
}

const FIRST_PAGE_POLL_MS = 100
const FIRST_PAGE_LIMIT = 100

/** After the first page is there, uni still shows it: what is opened in that moment goes below it. */
const FIRST_PAGE_SETTLE_MS = 300

const MESSAGE_PAGE = '/pages/message/message'
const INBOX_PAGE = '/pages/inbox/inbox'

/** Opens what was clicked, once: on a cold start as soon as the first page is there. */
export class TargetOpener {
  readonly #pages: Pages
  #waiting: ClickTarget | null = null

  constructor(pages: Pages) {
    this.#pages = pages
  }

  open(target: ClickTarget): void {
    if (this.#pages.top() !== undefined) {
      this.#show(target)
      return
    }
    const polls = this.#waiting !== null
    this.#waiting = target
    if (!polls) this.#poll(FIRST_PAGE_LIMIT)
  }

  #poll(left: number): void {
    if (this.#pages.top() !== undefined) {
      this.#pages.later(() => {
        this.#showWaiting()
      }, FIRST_PAGE_SETTLE_MS)
    } else if (left > 0) {
      this.#pages.later(() => {
        this.#poll(left - 1)
      }, FIRST_PAGE_POLL_MS)
    } else {
      this.#waiting = null
    }
  }

  #showWaiting(): void {
    const target = this.#waiting
    this.#waiting = null
    if (target) this.#show(target)
  }

  #show(target: ClickTarget): void {
    if ('inbox' in target) {
      this.#pages.switchTab(INBOX_PAGE)
      return
    }
    const url = `${MESSAGE_PAGE}?id=${encodeURIComponent(target.messageId)}`
    const top = this.#pages.top() ?? ''
    // A mini-program's stack holds ten pages: one message takes the place of another.
    if (top !== url) this.#pages.open(url, top.startsWith(MESSAGE_PAGE))
  }
}
