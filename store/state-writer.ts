import { applyChange, type Commit } from './changes'
import { createState, type HeraldState } from './state'

/** The one writer of a state: by itself, or by commits of the Vuex store that the state is in. */
export class StateWriter {
  readonly state: HeraldState = createState()
  #byStore: Commit | null = null

  readonly commit: Commit = (name, given) => {
    if (this.#byStore) this.#byStore(name, given)
    else applyChange(this.state, name, given)
  }

  /** From now on every change is a commit of this store. A state can be in one only: a strict one refuses what another commits. */
  attach(commit: Commit): void {
    if (this.#byStore) throw new Error('this Herald is in a Vuex store already')
    this.#byStore = commit
  }

  get isAttached(): boolean {
    return this.#byStore !== null
  }
}
