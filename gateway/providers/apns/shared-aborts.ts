/** What is to be done when one signal aborts, for all pushes that wait on it. */
interface Group {
  readonly actions: Set<() => void>
  readonly listener: () => void
}

/**
 * Actions for signals that abort, with one listener on a signal however many wait on it: pushes that began together
 * share their signal, and a listener for each would be looked for among all the others when it is taken off.
 */
export class SharedAborts {
  readonly #groups = new Map<AbortSignal, Group>()

  /** Does the action when the signal aborts, unless `delete` comes first. */
  add(signal: AbortSignal, action: () => void): void {
    ;(this.#groups.get(signal) ?? this.#open(signal)).actions.add(action)
  }

  delete(signal: AbortSignal, action: () => void): void {
    const group = this.#groups.get(signal)
    if (!group?.actions.delete(action) || group.actions.size > 0) return
    this.#groups.delete(signal)
    signal.removeEventListener('abort', group.listener)
  }

  #open(signal: AbortSignal): Group {
    const actions = new Set<() => void>()
    const listener = (): void => {
      this.#groups.delete(signal)
      for (const action of actions) action()
    }
    const group = { actions, listener }
    this.#groups.set(signal, group)
    signal.addEventListener('abort', listener, { once: true })
    return group
  }
}
