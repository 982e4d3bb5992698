import type { AppState } from '@herald/protocol'

/** How the user sees a tab. */
export interface Presence {
  readonly visible: boolean
  readonly focusedAt: number
}

/** Which tabs there are and which the user looks at. */
export class Roster {
  readonly #tabs = new Map<string, Presence>()

  note(id: string, presence: Presence): void {
    this.#tabs.set(id, presence)
  }

  drop(id: string): void {
    this.#tabs.delete(id)
  }

  get size(): number {
    return this.#tabs.size
  }

  /** To the gateway and to the presenter all tabs are one device: it is in the foreground if one of them is. */
  get appState(): AppState {
    return this.alerting === undefined ? 'background' : 'foreground'
  }

  /** The tab that shows banners: of the visible ones that which was focused last. */
  get alerting(): string | undefined {
    let best: [string, Presence] | undefined
    for (const entry of this.#tabs) {
      if (entry[1].visible && (!best || entry[1].focusedAt > best[1].focusedAt)) best = entry
    }
    return best?.[0]
  }
}
