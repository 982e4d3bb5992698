import type { ErrorCode } from '@herald/protocol'
import type { ChatCredentials } from '../inbox/chats-view'
import { TabLink } from '../tabs/tab-link'
import type { TabMessage } from '../tabs/tabs'
import type { Account } from './account'
import { openByChat } from './chat-sign-in'
import type { ClientPorts } from './client-ports'
import { DeviceData } from './device-data'
import { Preferences } from './preferences'
import {
  goOnAs,
  isSamePerson,
  lastServer,
  lifeOf,
  readLocked,
  randomId,
  readSession,
  removeSession,
  writeSession,
  type LockedSession,
  type SessionRecord,
} from './session-record'
import type { Settings } from '../storage/settings'
import { openByLink, openByPaste, openByToken, readLink, type AskSwitch, type Owner } from './sign-in'
import { SignInError } from './sign-in-error'
import { SignedIn } from './signed-in'
import { TokenSupply, type TokenProvider } from './token-supply'
import { Turns } from './turns'

/** The app without its pages: who is signed in, with which settings, and the user's account. */
export class Client {
  readonly #ports: ClientPorts
  readonly #link: TabLink
  readonly #supply: TokenSupply | null
  readonly preferences: Preferences
  readonly #data: DeviceData
  readonly #signedIn: SignedIn
  /** Sign-ins go one after the other: what one of two at a time opened, the other would wipe. */
  readonly #turns = new Turns()
  /** Why another tab said that the session ended. */
  #because: string | null = null

  constructor(ports: ClientPorts) {
    this.#ports = ports
    this.#data = new DeviceData(ports)
    this.preferences = new Preferences(ports, () => this.account?.push.changed())
    this.#supply = ports.token ? this.#openSupply(ports.token) : null
    this.#link = new TabLink(ports.tabs, ports.visible, ports.clock.now())
    this.#signedIn = new SignedIn({
      ...{ ports, link: this.#link, data: this.#data, supply: this.#supply },
      settings: () => this.preferences.settings,
      onRefused: (code, token) => {
        this.#refused(code, token)
      },
    })
    this.#link.listen((message) => {
      this.#hear(message)
    })
  }

  /** Everything of the signed-in user; null when nobody is. */
  get account(): Account | null {
    return this.#signedIn.account
  }

  /** Everything of the signed-in user, as soon as its code is there and storage was read; null when nobody is signed in. */
  whenOpen(): Promise<Account | null> {
    return this.#signedIn.whenOpen()
  }

  /** Takes up the saved session, or shows that there is none. */
  async start(): Promise<void> {
    const { view, keyValue, defaultServer, deviceId } = this.#ports
    this.preferences.show()
    view.session({ deviceId, server: lastServer(keyValue) ?? defaultServer })
    const session = readSession(keyValue)
    if (session) await this.#signedIn.open(session)
    // The list of a session that another tab has just ended may be on show.
    else view.clear()
    await this.#supply?.ask()
    if (!session) await this.#turns.take(() => this.#showNobody())
  }

  async #showNobody(): Promise<void> {
    if (this.#signedIn.current) return
    const { view, keyValue } = this.#ports
    const locked = readLocked(keyValue)
    view.session({
      ...{ status: 'signedOut', user: null, kept: locked?.user ?? null },
      ...(locked && { endedBecause: locked.because }),
    })
    // What a sign-out could not wipe, for instance since it was killed half-way, goes now.
    if (!locked) await this.#data.wipe()
  }

  /** Another person's token takes nobody's place without a question. False: the answer was no. Throws SignInError. */
  async signInWithToken(address: string, token: string, ask?: AskSwitch): Promise<boolean> {
    return this.#take(await openByPaste(this.#ports, address, token, { owner: this.#owner, ask }))
  }

  /**
   * Signs in by a one-time link. Another's link takes nobody's place without a question, before its code is used up; the
   * same for whoever's messages wait here. False: the answer was no. Throws SignInError.
   */
  async signInWithLink(text: string, ask: AskSwitch = () => Promise.resolve(false)): Promise<boolean> {
    const link = readLink(this.#ports, text)
    return this.#take(await openByLink(this.#ports, link, { owner: this.#owner, ask }))
  }

  /** Signs in to a chat server where nobody is signed in: there is no gateway then. Rejects with a ChatError. */
  async signInToChat(credentials: ChatCredentials): Promise<void> {
    await this.#begin(await openByChat(this.#ports, credentials))
    try {
      await this.account?.chats?.signIn(credentials)
    } catch (error) {
      await this.signOut()
      throw error
    }
  }

  async #take(session: SessionRecord | null): Promise<boolean> {
    if (session) await this.#begin(session)
    return session !== null
  }

  /** Whose this device is now: signed in, or to sign in again. */
  readonly #owner = (): Owner | null =>
    this.#signedIn.current ?? readSession(this.#ports.keyValue) ?? readLocked(this.#ports.keyValue)

  /** Signs out, with or without a network. Where a session waits for its person, what is kept of it goes. */
  async signOut(): Promise<void> {
    const session = this.#signedIn.current
    await this.#leave(null)
    if (session) this.#signedIn.revoke(session)
  }

  /** Somebody signed in or out in the host's app: its token is asked for now. Without a host nothing happens. */
  async identify(): Promise<void> {
    await this.#supply?.askAnew()
  }

  #openSupply(provider: TokenProvider): TokenSupply {
    const { clock, random, log } = this.#ports
    return new TokenSupply({
      ...{ provider, clock, random, log },
      current: () => this.#signedIn.current,
      open: (token) => openByToken(this.#ports, this.#ports.defaultServer, token),
      take: (session) => this.#begin(session),
      onNobody: () => this.signOut(),
    })
  }

  updateSettings(patch: Partial<Settings>): void {
    this.#data.keep(() => {
      this.preferences.update(patch)
    })
    this.#link.send({ type: 'settings', settings: this.preferences.settings })
    this.account?.push.changed()
  }

  async sendTestAlert(): Promise<void> {
    await this.account?.tab.presenter.test(this.#ports.testMessage())
  }

  setReading(below: boolean): void {
    this.account?.tab.liveInbox.setReading(below)
  }

  dismissBanner(): void {
    this.account?.tab.dismissBanner()
  }

  reconnectNow(): void {
    this.account?.tab.reconnect()
  }

  /** The user looks at the app (at this tab), or no longer. */
  setVisible(visible: boolean): void {
    this.#link.setVisible(visible, this.#ports.clock.now())
    this.account?.tab.visibilityChanged()
    if (visible) this.#awake()
    if (visible) void this.preferences.showPermission()
  }

  setNetwork(network: 'lost' | 'regained'): void {
    this.#ports.view.connection({ networkOnline: network === 'regained' })
    this.account?.tab.networkChanged(network)
    if (network === 'regained') this.#awake()
  }

  #awake(): void {
    this.account?.push.awake()
    this.#supply?.awake()
  }

  /** Another tab's change of the saved session can be read here now. */
  sessionStored(): void {
    void this.#followSession(this.#because)
  }

  /** The tab is about to go. */
  leavePage(): void {
    this.#link.leave()
  }

  #begin(session: SessionRecord): Promise<void> {
    return this.#turns.take(() => this.#beginNow(session))
  }

  async #beginNow(session: SessionRecord): Promise<void> {
    await this.#ports.loadAccount().catch(() => {
      throw new SignInError('server_unreachable')
    })
    const known = this.#signedIn.current ?? readLocked(this.#ports.keyValue)
    if (known && isSamePerson(known, session)) await this.#goOn(session, known)
    else {
      if (this.#signedIn.current) await this.signOut()
      // Rows of another user must not be there when this one's come.
      await this.#data.wipe()
      await this.#enter({ ...session, life: randomId(globalThis.crypto) })
    }
    this.#link.send({ type: 'session', because: null })
  }

  async #enter(session: SessionRecord): Promise<void> {
    this.#data.keep(() => {
      writeSession(this.#ports.keyValue, session)
    })
    await this.#signedIn.open(session)
  }

  /** The same person came with another token: whatever this device has of that person stays. */
  async #goOn(session: SessionRecord, known: SessionRecord | LockedSession): Promise<void> {
    const before = this.#signedIn.current
    const next = goOnAs(this.#ports.keyValue, known, session)
    if (before) this.#signedIn.renew(next)
    else await this.#enter(next)
    // Made for this device, and nobody has it any more.
    if (before && before.token !== session.token) this.#signedIn.revoke(before)
  }

  /** A token came to its end while this tab is open: the next one, or the lock, or the end. */
  #refused(code: ErrorCode, token: string | null): void {
    const current = this.#signedIn.current
    // The answer to a request that left with a token of before.
    if (!current || token !== current.token) return
    const saved = readSession(this.#ports.keyValue)
    if (saved && saved.token !== token) void this.#followSession(null)
    // Somebody meant it: what is here must not stay with whoever holds the device.
    else if (code === 'token_revoked' || code === 'user_disabled') void this.#leave(code)
    else if (this.#supply) this.#supply.refused(current.token)
    else this.#signedIn.lock(current, this.#hasExpired(current) ? 'token_expired' : code)
  }

  /** A gateway that has dropped an expired token does not know it any more. */
  #hasExpired({ expires }: SessionRecord): boolean {
    return typeof expires === 'number' && expires <= this.#ports.clock.now()
  }

  /** The token first: whatever fails after it, nobody is signed in any more. */
  async #leave(because: ErrorCode | null): Promise<void> {
    removeSession(this.#ports.keyValue)
    const left = this.#close(because)
    this.#link.send({ type: 'session', because })
    await left
  }

  async #close(because: string | null): Promise<void> {
    const account = this.#signedIn.end(because)
    // Locked in another tab: what is stored waits for the person.
    if (readLocked(this.#ports.keyValue)) return
    await account?.tab.presenter.clear()
    await this.#data.wipe()
  }

  #hear(message: TabMessage): void {
    if (message.type === 'settings') this.preferences.take(message.settings)
    if (message.type === 'session') {
      this.#because = message.because
      this.sessionStored()
    }
  }

  /** Another tab signed in or out. What is saved counts, not the message: a frozen tab gets it much later. */
  async #followSession(because: string | null): Promise<void> {
    const saved = readSession(this.#ports.keyValue)
    const current = this.#signedIn.current
    // One who came back with the same token has another life: what was here of the one before is gone.
    if (saved?.token === current?.token && (!saved || !current || lifeOf(saved) === lifeOf(current))) return
    if (!saved) return this.#close(because)
    if (current && lifeOf(saved) === lifeOf(current)) {
      this.#signedIn.swap(saved)
      return
    }
    await this.#signedIn.replace(saved)
  }
}
