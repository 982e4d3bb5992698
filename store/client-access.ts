import type { Account } from '../services/session/account'
import type { Client } from '../services/session/client'
import { Later } from './later'

/** The client as the state's users reach it: its code comes, on H5, after the first list. */
export class ClientAccess extends Later<Client> {
  #applyBadge: () => void = () => undefined

  /** The client is there, with what shows the count on the tab bar again. */
  open(client: Client, applyBadge: () => void = () => undefined): void {
    this.#applyBadge = applyBadge
    this.come(client)
  }

  /** Shows the count on the tab bar again. uni refuses it while no tab page is on top, so tab pages call it in onShow. */
  applyBadge(): void {
    this.#applyBadge()
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
