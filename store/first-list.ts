import { restoreInbox } from '../services/inbox/restore-inbox'
import { lastServer, readSession } from '../services/session/session-record'
import { browserStorage } from '../services/storage/browser-storage'
import { readSettings } from '../services/storage/settings'
import type { HeraldCore } from './core'
import { followLanguage } from './language'

/**
 * Shows what the device has, on H5: who is signed in and, from storage, the list. Everything else is code that comes
 * after it, so that a list which is here already waits for no network. Resolves when the state has it.
 */
export async function showFirstList({ options, view, writer }: HeraldCore): Promise<void> {
  const { keyValue, inbox } = browserStorage(options.namespace)
  view.settings(readSettings(keyValue))
  followLanguage(writer.state)
  const session = readSession(keyValue)
  if (!session) {
    // Who that is comes from the host: until then nobody is asked to sign in.
    if (options.token) return
    view.session({ status: 'signedOut', server: lastServer(keyValue) ?? '' })
    return
  }
  const { server, user } = session
  view.session({ status: 'signedIn', server, user })
  // The code that connects is on its way.
  view.connection({ name: 'connecting' })
  try {
    view.inbox(restoreInbox(await inbox.load()))
    view.ready()
  } catch {
    // The live inbox reads it again, empties what is no use, and says so on the page.
  }
}

/** The code that connects did not come and is asked for again at `retryAt`, in ms since 1970; null: it is on its way. */
export function showCodeMissing({ view, writer }: HeraldCore, retryAt: number | null): void {
  // The strip says to whoever has a list that there is no connection yet, and for how long not.
  if (writer.state.session.status !== 'signedIn') return
  view.connection({ name: retryAt === null ? 'connecting' : 'waiting', retryAt })
}
