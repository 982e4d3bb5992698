import { startClient } from '../store/start'
import { coreOf } from './parts'
import type { Herald } from './types'

/** H5: the code that connects, a chunk of its own. */
export function start(herald: Herald): void {
  startClient(coreOf(herald))
}
