import type { Inbox } from '../services/inbox/inbox'

/** Calls back when the screen is drawn next. `news`: the list has a new top, and an alert may come with it. */
export type Schedule = (run: () => void, news: boolean) => void

/** So many commits follow each other closely; in a flood there is one each COMMIT_SPACING_MS. */
const FREE_COMMITS = 5

/** Nobody reads a list that changes more often, in ms. */
const COMMIT_SPACING_MS = 100

/**
 * Commits an inbox at most once per frame, and less often in a flood: each commit makes the list be laid out and drawn
 * anew.
 */
export class InboxCommits {
  readonly #commit: (inbox: Inbox) => void
  readonly #schedule: Schedule
  #waiting: Inbox | null = null
  /** What somebody did to the list should not wait with news. */
  #scheduled: 'nothing' | 'news' | 'deed' = 'nothing'
  #top: string | undefined

  constructor(commit: (inbox: Inbox) => void, schedule: Schedule = pacedFrames()) {
    this.#commit = commit
    this.#schedule = schedule
  }

  add(inbox: Inbox): void {
    const [top] = inbox.rows
    const change = top?.id === this.#top ? 'deed' : 'news'
    this.#top = top?.id
    this.#waiting = inbox
    if (this.#scheduled === 'deed' || this.#scheduled === change) return
    this.#scheduled = change
    this.#schedule(() => {
      this.flush()
    }, change === 'news')
  }

  /** Commits what waits, now. */
  flush(): void {
    const inbox = this.#waiting
    this.drop()
    if (inbox) this.#commit(inbox)
  }

  /** Forgets what waits. */
  drop(): void {
    this.#waiting = null
    this.#scheduled = 'nothing'
  }
}

/** Soon, for so long as there are not too many; then after a pause. */
export function pacedFrames(now: () => number = Date.now, draw: Schedule = drawSoon): Schedule {
  let free = FREE_COMMITS
  let earned = now()
  return (run, news) => {
    const time = now()
    // A clock that was set back earns nothing.
    free = Math.min(FREE_COMMITS, free + Math.max(0, time - earned) / COMMIT_SPACING_MS)
    earned = time
    const wait = Math.max(0, 1 - free) * COMMIT_SPACING_MS
    free -= 1
    if (wait === 0) draw(run, news)
    else
      setTimeout(() => {
        draw(run, news)
      }, wait)
  }
}

const FRAME_MS = 16

/**
 * A list with news waits for so long before it is drawn, in ms. What comes with an alert is written to storage first, and
 * is back by then: a list that was drawn meanwhile would hold the banner up by as long as that takes.
 */
const AFTER_ALERT_MS = 2 * FRAME_MS

/** A hidden tab draws no frames, and its title must count all the same; the App and mini-programs have no rAF at all. */
function drawSoon(run: () => void, news: boolean): void {
  if (news) setTimeout(inNextFrame, AFTER_ALERT_MS, run)
  else inNextFrame(run)
}

function inNextFrame(run: () => void): void {
  const draws = typeof requestAnimationFrame === 'function' && typeof document !== 'undefined'
  if (draws && document.visibilityState === 'visible') requestAnimationFrame(run)
  else setTimeout(run, FRAME_MS)
}
