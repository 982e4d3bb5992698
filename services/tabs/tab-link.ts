import { Roster } from './roster'
import type { TabEnvelope, TabMessage, Tabs } from './tabs'

type Listener = (message: TabMessage, from: string) => void

/** What every tab may hear, whoever is signed in there. */
const ABOUT_NO_SESSION: ReadonlySet<TabMessage['type']> = new Set(['session', 'settings', 'presence', 'gone'])

/** This tab among the others: says how it is seen, keeps the roster, and lets through what concerns its session. */
export class TabLink {
  readonly roster = new Roster()
  readonly #tabs: Tabs
  readonly #listeners = new Set<Listener>()
  /** Who was heard and has not gone: the roster drops whom the user cannot be looking at, and they listen all the same. */
  readonly #others = new Set<string>()
  #hasMet = false
  #session: string | null = null
  #visible: boolean
  #focusedAt: number

  constructor(tabs: Tabs, visible: boolean, now: number) {
    this.#tabs = tabs
    this.#visible = visible
    this.#focusedAt = now
    tabs.channel.listen((envelope) => {
      this.#hear(envelope)
    })
    this.roster.note(tabs.id, { visible, focusedAt: now })
    this.#announce()
  }

  get id(): string {
    return this.#tabs.id
  }

  get visible(): boolean {
    return this.#visible
  }

  /** Whether nobody listens. */
  get isAlone(): boolean {
    return this.#others.size === 0
  }

  /** Whether there has ever been another tab: one that has gone may have led in place of this one, while it was frozen. */
  get hasMet(): boolean {
    return this.#hasMet
  }

  /** Sets whose messages this tab sends and hears. */
  setSession(session: string | null): void {
    this.#session = session
  }

  send(message: TabMessage): void {
    this.#tabs.channel.post({ from: this.#tabs.id, session: this.#session, message })
  }

  /** Returns how to stop listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The user came to this tab, or left it. */
  setVisible(visible: boolean, now: number): void {
    this.#visible = visible
    if (visible) this.#focusedAt = now
    this.roster.note(this.id, { visible, focusedAt: this.#focusedAt })
    this.#announce()
  }

  /** This tab is about to go. */
  leave(): void {
    this.send({ type: 'gone' })
  }

  #announce(): void {
    this.send({ type: 'presence', visible: this.#visible, focusedAt: this.#focusedAt })
  }

  #hear({ from, session, message }: TabEnvelope): void {
    if (session !== this.#session && !ABOUT_NO_SESSION.has(message.type)) return
    this.#others.add(from)
    this.#hasMet = true
    if (message.type === 'presence') this.roster.note(from, message)
    if (message.type === 'gone') {
      this.#others.delete(from)
      this.roster.drop(from)
    }
    if (message.type === 'join') this.#announce()
    for (const listener of this.#listeners) listener(message, from)
  }
}
