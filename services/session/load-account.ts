import type { ClientPorts, OpenAccount } from './client-ports'

/** How long to wait before the code of a signed-in app is asked for again. */
const RETRY_MS = 2_000

/** The code of the account: on H5 a chunk of its own, which a lost network can keep back. */
export async function loadAccount({
  loadAccount: load,
  log,
  clock,
}: Pick<ClientPorts, 'loadAccount' | 'log' | 'clock'>): Promise<OpenAccount> {
  for (;;) {
    try {
      return await load()
    } catch (error) {
      log('session.code_missing', { error: String(error) })
      await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS))
    }
  }
}
