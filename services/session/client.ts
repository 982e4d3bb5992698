import type { ErrorCode } from '@herald/protocol'
import type { Permission } from '../presentation/presentation'
import { TabLink } from '../tabs/tab-link'
import type { TabMessage } from '../tabs/tabs'
import type { Account } from './account'
import type { ClientPorts } from './client-ports'
import { revokeSession } from './revocation'
import { lastServer, readSession, removeSession, writeSession, type SessionRecord } from './session-record'
import { readSettings, writeSettings, type Settings } from './settings'
import { openByLink, openByToken } from './sign-in'
import { SignInError } from './sign-in-error'

/** How long to wait before the code of a signed-in app is asked for again. */
const LOAD_RETRY_MS = 2_000

/** The app without its pages: who is signed in, with which settings, and the user's account. */
export class Client {
  readonly #ports: ClientPorts
  readonly #link: TabLink
  #settings: Settings
  /** As it was last shown. */
  #permission: Permission | null = null
  #account: Account | null = null
  /** The session whose account is there, or on its way. */
  #current: SessionRecord | null = null
  #opening: Promise<void> = Promise.resolve()
  /** Why another tab said that the session ended. */
  #because: string | null = null

  constructor(ports: ClientPorts) {
    this.#ports = ports
    this.#settings = readSettings(ports.keyValue)
    this.#link = new TabLink(ports.tabs, ports.visible, ports.clock.now())
    this.#link.listen((message) => {
      this.#hear(message)
    })
  }

  /** Everything of the signed-in user; null when nobody is. */
  get account(): Account | null {
    return this.#account
  }

  /** Everything of the signed-in user, as soon as its code is there and storage was read; null when nobody is signed in. */
  async whenOpen(): Promise<Account | null> {
    await this.#opening
    const account = this.#account
    await account?.station.loaded
    return this.#account === account ? account : null
  }

  /** Takes up the saved session, or shows that there is none. */
  async start(): Promise<void> {
    const { view, keyValue, defaultServer, deviceId } = this.#ports
    view.settings(this.#settings)
    view.session({ deviceId, server: lastServer(keyValue) ?? defaultServer })
    void this.#showPermission()
    const session = readSession(keyValue)
    if (session) {
      await this.#open(session)
      return
    }
    // The list of a session that another tab has just ended may be on show.
    view.clear()
    view.session({ status: 'signedOut', user: null })
    // What a sign-out could not wipe, for instance since it was killed half-way, goes now.
    await this.#wipe()
  }

  /** Throws SignInError. */
  async signInWithToken(address: string, token: string): Promise<void> {
    await this.#begin(await openByToken(this.#ports, address, token))
  }

  /** Throws SignInError. */
  async signInWithLink(text: string): Promise<void> {
    await this.#begin(await openByLink(this.#ports, text))
  }

  /** Signs out, with or without a network. */
  async signOut(): Promise<void> {
    const session = this.#current
    await this.#leave(null)
    if (session) {
      revokeSession(session, {
        send: this.#ports.sendRequest,
        clock: this.#ports.clock,
        device: this.#ports.deviceId,
        isBack: () => this.#isAs(session),
      })
    }
  }

  updateSettings(patch: Partial<Settings>): void {
    this.#settings = { ...this.#settings, ...patch }
    this.#ports.view.settings(this.#settings)
    this.#keep(() => {
      writeSettings(this.#ports.keyValue, this.#settings)
    })
    this.#link.send({ type: 'settings', settings: this.#settings })
    this.#account?.push.changed()
  }

  async requestPermission(): Promise<void> {
    await this.#ports.system.requestPermission()
    await this.#showPermission()
  }

  canOpenSystemSettings(): boolean {
    return this.#ports.system.openSettings !== undefined
  }

  openSystemSettings(): void {
    this.#ports.system.openSettings?.()
  }

  async sendTestAlert(): Promise<void> {
    await this.#account?.station.presenter.test(this.#ports.testMessage())
  }

  setReading(below: boolean): void {
    this.#account?.station.setReading(below)
  }

  dismissBanner(): void {
    this.#account?.station.dismissBanner()
  }

  reconnectNow(): void {
    this.#account?.station.reconnect()
  }

  /** The user looks at the app (at this tab), or no longer. */
  setVisible(visible: boolean): void {
    this.#link.setVisible(visible, this.#ports.clock.now())
    this.#account?.station.visibilityChanged()
    if (visible) this.#account?.push.awake()
    // Permission can be changed in the system's settings, and only there once it was denied.
    if (visible) void this.#showPermission()
  }

  setNetwork(network: 'lost' | 'regained'): void {
    this.#ports.view.connection({ networkOnline: network === 'regained' })
    this.#account?.station.networkChanged(network)
    if (network === 'regained') this.#account?.push.awake()
  }

  /** Another tab's change of the saved session can be read here now. */
  sessionStored(): void {
    void this.#followSession(this.#because)
  }

  /** The tab is about to go. */
  leavePage(): void {
    this.#link.leave()
  }

  #open(session: SessionRecord): Promise<void> {
    this.#opening = this.#openAccount(session)
    return this.#opening
  }

  async #openAccount(session: SessionRecord): Promise<void> {
    const { server, user, tokenId } = session
    this.#current = session
    this.#link.setSession(tokenId)
    const SignedInAccount = await this.#loadAccount()
    // Signed out, or in as somebody else, while the code came.
    if (this.#current !== session) return
    const account = new SignedInAccount(
      {
        ...this.#ports,
        link: this.#link,
        election: this.#ports.tabs.election,
        settings: () => this.#settings,
        keepRecipient: (of, recipient) => {
          this.#keepRecipient(of, recipient)
        },
        onEnded: (code) => {
          if (this.#account === account) void this.#leave(code)
        },
      },
      session,
    )
    this.#account = account
    this.#ports.view.session({ status: 'signedIn', server, user, endedBecause: null })
    account.station.start()
  }

  /** On H5 a chunk of its own, which a lost network can keep back. */
  async #loadAccount(): Promise<typeof Account> {
    for (;;) {
      try {
        return await this.#ports.loadAccount()
      } catch (error) {
        this.#ports.log('session.code_missing', { error: String(error) })
        await new Promise<void>((resolve) => this.#ports.clock.setTimeout(resolve, LOAD_RETRY_MS))
      }
    }
  }

  async #begin(session: SessionRecord): Promise<void> {
    await this.#ports.loadAccount().catch(() => {
      throw new SignInError('server_unreachable')
    })
    if (this.#current) await this.signOut()
    // Rows of another user must not be there when this one's come.
    await this.#wipe()
    this.#keep(() => {
      writeSession(this.#ports.keyValue, session)
    })
    await this.#open(session)
    this.#link.send({ type: 'session', because: null })
  }

  /** The token first: whatever fails after it, nobody is signed in any more. */
  async #leave(because: ErrorCode | null): Promise<void> {
    removeSession(this.#ports.keyValue)
    const left = this.#close(because)
    this.#link.send({ type: 'session', because })
    await left
  }

  async #close(because: string | null): Promise<void> {
    const account = this.#account
    this.#account = null
    this.#current = null
    account?.stop()
    this.#link.setSession(null)
    const { view } = this.#ports
    view.clear()
    view.push(null)
    view.session({ status: 'signedOut', user: null, endedBecause: because })
    view.connection({ name: 'stopped', code: null, closeName: null, retryAt: null })
    await account?.station.presenter.clear()
    await this.#wipe()
  }

  /** Storage and tray. What fails here is tried again at the next start and before the next sign-in. */
  async #wipe(): Promise<void> {
    const { storage, system, banner, log, view, forgetPush } = this.#ports
    banner.hide()
    try {
      await Promise.all([storage.clear(), system.closeAll(), forgetPush()])
    } catch (error) {
      view.connection({ storageFailed: true })
      log('session.wipe_failed', { error: String(error) })
    }
  }

  /** Whether the user of a session that ended has signed in again: then this device is that user's. */
  #isAs({ server, user }: SessionRecord): boolean {
    return this.#current?.server === server && this.#current.user.id === user.id
  }

  /** Read again first: another tab may have signed out. */
  #keepRecipient(session: SessionRecord, recipient: string): void {
    const saved = readSession(this.#ports.keyValue)
    if (saved?.tokenId !== session.tokenId || saved.recipient === recipient) return
    this.#keep(() => {
      writeSession(this.#ports.keyValue, { ...saved, recipient })
    })
  }

  #hear(message: TabMessage): void {
    if (message.type === 'settings') {
      this.#settings = message.settings
      this.#ports.view.settings(this.#settings)
    }
    if (message.type === 'session') {
      this.#because = message.because
      this.sessionStored()
    }
  }

  /** Another tab signed in or out. What is saved counts, not the message: a frozen tab gets it much later. */
  async #followSession(because: string | null): Promise<void> {
    const saved = readSession(this.#ports.keyValue)
    if (saved?.tokenId === this.#current?.tokenId) return
    if (!saved) {
      await this.#close(because)
      return
    }
    this.#account?.stop()
    this.#account = null
    this.#ports.view.clear()
    await this.#open(saved)
  }

  #keep(write: () => void): void {
    try {
      write()
    } catch (error) {
      // It holds until the app ends; the strip on the page says that nothing is kept.
      this.#ports.view.connection({ storageFailed: true })
      this.#ports.log('session.not_kept', { error: String(error) })
    }
  }

  async #showPermission(): Promise<void> {
    const { system, view } = this.#ports
    const permission = await system.permission()
    const changed = this.#permission !== null && permission !== this.#permission
    this.#permission = permission
    view.permission(permission, system.unsupported())
    if (changed) this.#account?.push.changed()
  }
}
