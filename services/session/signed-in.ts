import type { ErrorCode } from '@herald/protocol'
import type { Settings } from '../storage/settings'
import type { TabLink } from '../tabs/tab-link'
import type { Account } from './account'
import type { ClientPorts, OpenAccount } from './client-ports'
import type { DeviceData } from './device-data'
import { revokeSession } from './revocation'
import {
  hasGateway,
  isSamePerson,
  lockSession,
  writeSession,
  lifeOf,
  readLocked,
  watchForOtherTabs,
  writeRecipient,
  type SessionRecord,
} from './session-record'
import type { TokenSupply } from './token-supply'

/** How long to wait before the code of a signed-in app is asked for again, in ms. */
const RETRY_MS = 2_000

export interface SignedInPorts {
  readonly ports: ClientPorts
  readonly link: TabLink
  readonly data: DeviceData
  readonly supply: TokenSupply | null
  readonly settings: () => Settings
  /** The gateway says that a token of the account that there is is no good any more. */
  readonly onRefused: (code: ErrorCode, token: string | null) => void
}

/** Who is signed in, and the account: opened as soon as its code is there, carried on by other tokens, ended. */
export class SignedIn {
  readonly #at: SignedInPorts
  #account: Account | null = null
  #current: SessionRecord | null = null
  #opening: Promise<void> = Promise.resolve()

  constructor(at: SignedInPorts) {
    this.#at = at
  }

  get account(): Account | null {
    return this.#account
  }

  /** The session whose account is there, or on its way. */
  get current(): SessionRecord | null {
    return this.#current
  }

  /** The account, as soon as its code is there and storage was read; null when nobody is signed in. */
  async whenOpen(): Promise<Account | null> {
    await this.#opening
    const account = this.#account
    await account?.tab.loaded
    return this.#account === account ? account : null
  }

  open(session: SessionRecord): Promise<void> {
    this.#opening = this.#openAccount(session)
    return this.#opening
  }

  /** The same person goes on with another token. */
  swap(session: SessionRecord): void {
    this.#current = session
    this.#at.supply?.renewBefore(session)
    this.#account?.renew(session)
    this.#at.ports.view.session({ user: session.user })
  }

  /** As `swap`, and the other tabs find it saved. */
  renew(session: SessionRecord): void {
    this.#at.data.keep(() => {
      writeSession(this.#at.ports.keyValue, session)
    })
    this.swap(session)
  }

  /** Shows nothing of the user and keeps all of it, for the same person's next token. */
  lock(session: SessionRecord, because: ErrorCode): void {
    const { ports, data, link } = this.#at
    data.keep(() => {
      lockSession(ports.keyValue, session, because)
    })
    this.end(because)
    ports.banner.hide()
    link.send({ type: 'session', because })
  }

  /** The gateway drops the token of a session that is over, or that goes on with another. */
  revoke(session: SessionRecord): void {
    if (!hasGateway(session)) return
    const { sendRequest, clock, deviceId } = this.#at.ports
    revokeSession(session, {
      send: sendRequest,
      clock,
      device: deviceId,
      // Whether the user of a session that ended has signed in again: then this device is that user's.
      isBack: () => isSamePerson(this.#current, session),
    })
  }

  /** Another session takes the place of the one that there is. */
  async replace(session: SessionRecord): Promise<void> {
    this.#account?.stop('drop')
    this.#account = null
    this.#at.ports.view.clear()
    await this.open(session)
  }

  /** Ends the account that there is, and what is seen of it. */
  end(because: string | null): Account | null {
    const account = this.#account
    const { ports, link, supply } = this.#at
    const locked = readLocked(ports.keyValue)
    this.#account = null
    this.#current = null
    // Every tab has its own: none of them brings back who has signed out in another.
    supply?.rest()
    account?.stop(locked ? 'keep' : 'drop')
    link.setSession(null)
    const { view } = ports
    view.clear()
    view.push(null)
    view.session({ status: 'signedOut', user: null, endedBecause: because, kept: locked?.user ?? null })
    view.connection({ name: 'stopped', code: null, closeName: null, retryAt: null })
    return account
  }

  async #openAccount(session: SessionRecord): Promise<void> {
    const { ports, link, supply } = this.#at
    this.#current = session
    link.setSession(lifeOf(session))
    supply?.renewBefore(session)
    const openAccount = await loadAccount(ports)
    // Signed out, or in as somebody else, while the code came.
    const current = this.#current as SessionRecord | null
    if (this.#account || !current || lifeOf(current) !== lifeOf(session)) return
    const account = this.#accountOf(current, openAccount)
    const { server, user } = current
    this.#account = account
    ports.view.session({ status: 'signedIn', server, user, endedBecause: null, kept: null })
    account.tab.start()
  }

  #accountOf(session: SessionRecord, openAccount: OpenAccount): Account {
    const { ports, link, data, settings, onRefused } = this.#at
    const account = openAccount(
      {
        ...ports,
        ...{ link, settings, election: ports.tabs.election },
        keepRecipient: (of, recipient) => {
          data.keep(() => {
            writeRecipient(ports.keyValue, of, recipient)
          })
        },
        isEndedElsewhere: watchForOtherTabs(ports.keyValue),
        onRefused: (code, token) => {
          if (this.#account === account) onRefused(code, token)
        },
      },
      session,
    )
    return account
  }
}

/** The code of the account: on H5 a chunk of its own, which a lost network can keep back. */
async function loadAccount({ loadAccount: load, log, clock }: ClientPorts): Promise<OpenAccount> {
  for (;;) {
    try {
      return await load()
    } catch (error) {
      log('session.code_missing', { error: String(error) })
      await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS))
    }
  }
}
