import type { HeraldCore } from '../store/core'
import type { Herald } from './types'

const parts = new WeakMap<Herald, HeraldCore>()

/** Keeps what is behind a Herald, for the files of the sdk. */
export function remember(herald: Herald, core: HeraldCore): void {
  parts.set(herald, core)
}

/** What is behind a Herald. Throws for one of another copy of the package. */
export function coreOf(herald: Herald): HeraldCore {
  const core = parts.get(herald)
  if (!core) throw new Error('this is no Herald of this package')
  return core
}
