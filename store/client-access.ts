import type { Account } from '../services/session/account'
import type { Client } from '../services/session/client'

/** What waits for the client, in the order of the calls. */
type Waiting = (client: Client) => void

/** The client as the state's users reach it: its code comes, on H5, after the first list. */
export class ClientAccess {
  #client: Client | null = null
  #waiting: Waiting[] = []
  #applyBadge: () => void = () => undefined

  /** The running client; null while its code is on its way. */
  get running(): Client | null {
    return this.#client
  }

  /** The client is there, with what shows the count on the tab bar again. */
  open(client: Client, applyBadge: () => void = () => undefined): void {
    this.#client = client
    this.#applyBadge = applyBadge
    const waiting = this.#waiting
    this.#waiting = []
    for (const act of waiting) act(client)
  }

  /** Shows the count on the tab bar again. uni refuses it while no tab page is on top, so tab pages call it in onShow. */
  applyBadge(): void {
    this.#applyBadge()
  }

  /** Acts on the client: now, or as soon as it is there. */
  act(act: Waiting): void {
    if (this.#client) act(this.#client)
    else this.#waiting.push(act)
  }

  /** The client, as soon as it is there. */
  client(): Promise<Client> {
    return new Promise((resolve) => {
      this.act(resolve)
    })
  }

  /** Everything of whoever is signed in, as soon as it is there; null when nobody is. */
  async account(): Promise<Account | null> {
    return (await this.client()).whenOpen()
  }
}
