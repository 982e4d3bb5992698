import type { Inbox } from '@/services/inbox/inbox'

/** Calls back when the screen is drawn next. */
export type Schedule = (run: () => void) => void

/**
 * Commits an inbox at most once per frame, however many batches arrive in it: each commit makes the list be laid
 * out anew.
 */
export class InboxCommits {
  readonly #commit: (inbox: Inbox) => void
  readonly #schedule: Schedule
  #waiting: Inbox | null = null

  constructor(commit: (inbox: Inbox) => void, schedule: Schedule = nextFrame) {
    this.#commit = commit
    this.#schedule = schedule
  }

  add(inbox: Inbox): void {
    const scheduled = this.#waiting !== null
    this.#waiting = inbox
    if (!scheduled) {
      this.#schedule(() => {
        this.flush()
      })
    }
  }

  /** Commits what waits, now. */
  flush(): void {
    const inbox = this.#waiting
    this.#waiting = null
    if (inbox) this.#commit(inbox)
  }

  /** Forgets what waits. */
  drop(): void {
    this.#waiting = null
  }
}

const FRAME_MS = 16

/** A hidden tab draws no frames, and its title must count all the same; the App and mini-programs have no rAF at all. */
function nextFrame(run: () => void): void {
  const draws = typeof requestAnimationFrame === 'function' && typeof document !== 'undefined'
  if (draws && document.visibilityState === 'visible') requestAnimationFrame(run)
  else setTimeout(run, FRAME_MS)
}
