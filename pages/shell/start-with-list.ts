import { store } from '@/store'
import { showCodeMissing, showFirstList } from '@/store/first-list'
import { appOptions } from './app-options'
import { nextPaint, whenPageDrawn } from './first-page'
import './theme.css'

const SIGN_IN = '#/pages/sign-in/sign-in'

/** How long to wait before code that did not come is asked for again. */
const RETRY_MS = 2_000

/**
 * Starts the app on H5: first the list that the device has, then the code that connects, so that the first does not
 * wait for the second.
 */
export async function startWithList(): Promise<void> {
  const list = showFirstList(appOptions)
  if (store.state.session.status === 'signedOut') beginAtSignIn()
  await Promise.all([list, whenPageDrawn()])
  await nextPaint()
  const { startHerald, mountBannerHost } = await fetchRest()
  startHerald(appOptions)
  mountBannerHost()
}

/** Before uni reads the address: it would fetch a page that only sends the visitor on. */
function beginAtSignIn(): void {
  if (!location.hash.startsWith(SIGN_IN)) history.replaceState(history.state, '', SIGN_IN)
}

async function fetchRest(): Promise<typeof import('./after-list')> {
  for (;;) {
    try {
      return await import('./after-list')
    } catch {
      showCodeMissing(Date.now() + RETRY_MS)
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      showCodeMissing(null)
    }
  }
}
