import { startClient } from '../store/start'
import { hostSideOf } from './outside'
import { partsOf } from './parts'
import type { Herald } from './types'

/** The code that connects, with what lies between it and the host: on H5 a chunk of its own. */
export function start(herald: Herald): void {
  const { core, options, hostSide, ...parts } = partsOf(herald)
  const side = hostSideOf(core, options, herald)
  // Whoever listened before is first: they hear all that follows.
  hostSide.come(side)
  startClient(core, side, parts)
}
