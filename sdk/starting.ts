import type { HeraldCore } from '../store/core'
import type { Herald, HeraldOptions } from './types'
// #ifdef H5
import { showCodeMissing, showFirstList } from '../store/first-list'
// #endif
// #ifndef H5
import { start as startClient } from './client-code'
// #endif

/** How long to wait before code that did not come is asked for again. */
const RETRY_MS = 2_000

/** Starts a Herald, once: at once on phones; on H5 first the list that the device has, then the code that connects. */
export function starterOf(core: HeraldCore, options: HeraldOptions): (herald: Herald) => void {
  let started = false
  return (herald) => {
    if (started) return
    started = true
    // #ifdef H5
    if (options.loadClient) {
      void startAfterList(core, options.loadClient, options.whenDrawn, herald)
      return
    }
    // #endif
    // #ifndef H5
    startClient(herald)
    // #endif
  }
}

// #ifdef H5
/** The first list does not wait for the code that connects. */
async function startAfterList(
  core: HeraldCore,
  load: NonNullable<HeraldOptions['loadClient']>,
  whenDrawn: HeraldOptions['whenDrawn'],
  herald: Herald,
): Promise<void> {
  await showFirstList(core)
  await whenDrawn?.()
  const { start } = await fetched(core, load)
  start(herald)
}

async function fetched<Code>(core: HeraldCore, load: () => Promise<Code>): Promise<Code> {
  for (;;) {
    try {
      return await load()
    } catch {
      showCodeMissing(core, Date.now() + RETRY_MS)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      showCodeMissing(core, null)
    }
  }
}
// #endif
