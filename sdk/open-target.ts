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

/** The address of a page, with its query; or the page with the list. */
export type PageTarget = { readonly page: string } | { readonly inbox: true }

/** Opens what was clicked, once: on a cold start as soon as the first page is there. */
export class TargetOpener {
  readonly #pages: Pages
  readonly #inbox: string | null
  #waiting: PageTarget | null = null

  /** @param inbox the page with the list; null: a summary opens nothing */
  constructor(pages: Pages, inbox: string | null) {
    this.#pages = pages
    this.#inbox = inbox
  }

  /** @param over the page on top stays under it, also when it is of the same kind: the way back leads there */
  open(target: PageTarget, over = false): void {
    if (this.#pages.top() !== undefined) {
      this.#show(target, over)
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
    if (target) this.#show(target, false)
  }

  #show(target: PageTarget, over: boolean): void {
    if ('inbox' in target) {
      if (this.#inbox !== null) this.#pages.switchTab(this.#inbox)
      return
    }
    const { page } = target
    const top = this.#pages.top() ?? ''
    // A mini-program's stack holds ten pages: one message takes the place of another.
    if (top !== page) this.#pages.open(page, !over && pathOf(top) === pathOf(page))
  }
}

const pathOf = (address: string): string => address.replace(/\?.*$/, '')
