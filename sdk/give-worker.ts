import { openBrowserWorker } from '../services/platform/browser-worker'
import { partsOf } from './parts'
import type { Herald } from './types'

/** H5: notifications and pushes by a service worker. To be called before the client starts; apps without a worker leave it out. */
export function giveWorker(herald: Herald): void {
  partsOf(herald).openWorker = openBrowserWorker
}
