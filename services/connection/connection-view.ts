import { closeName } from '@herald/protocol'
import type { State } from './machine'

/** The connection as a person sees it, of whatever kind of source. */
export interface ConnectionView {
  readonly name: 'stopped' | 'suspended' | 'waiting' | 'connecting' | 'live'
  /** What closed a socket; null where there is none. */
  readonly code: number | null
  /** Why there is no connection, by the gateway's names of close codes. */
  readonly closeName: string | null
  readonly retryAt: number | null
}

/** What a person sees of a state of the machine. */
export function connectionView(state: State): ConnectionView {
  const code = 'code' in state && state.code !== 0 ? state.code : null
  const retryAt = state.name === 'waiting' ? state.dueAt : null
  return { name: state.name, code, closeName: code === null ? null : (closeName(code) ?? null), retryAt }
}
