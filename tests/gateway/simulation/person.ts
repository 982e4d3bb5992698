import { BusinessBackend } from './business-backend'
import { Chance } from './chance'
import type { GatewayLife } from './gateway-life'
import { Phone } from './phone'
import type { World } from './world'
import { isUnread } from '@/services/inbox/message-list'

const ACTS = {
  publish: 34,
  burst: 2,
  read: 14,
  readAll: 3,
  hide: 10,
  look: 9,
  freeze: 8,
  thaw: 6,
  kill: 8,
  launch: 8,
  tap: 5,
  offline: 5,
  online: 9,
  hang: 4,
  slow: 5,
  reset: 4,
  mute: 1,
  unmute: 2,
  quiet: 1,
  loud: 2,
  changeUser: 4,
  leave: 1,
  follow: 2,
  clock: 1,
} as const

type Act = keyof typeof ACTS

/** How far phones' clocks are ahead, ms: right, a little off, an hour, a month behind, a year ahead. */
const CLOCK_SKEWS_MS = [0, 0, 45_000, -45_000, 3_600_000, -30 * 86_400_000, 365 * 86_400_000]

/** Of all browsers so many have the page from a gateway without a certificate, on a LAN. */
const PLAIN_HTTP = 0.25

/** A sign-in that found no gateway is tried again after this, ms. */
const SIGN_IN_AGAIN_MS = 6000

/** One schedule: a user, the phones, and what befalls them. */
export class Person {
  readonly users: readonly string[]
  readonly phones: readonly Phone[]
  readonly #world: World
  readonly #topic: string
  readonly #chance: Chance
  readonly #tokens: readonly string[]
  readonly #backend: BusinessBackend | null

  private constructor(world: World, index: number, seed: string, tokens: readonly string[]) {
    this.#world = world
    this.#topic = world.topicOf(index)
    this.#chance = new Chance(seed, 'person', index)
    this.users = usersOf(index)
    this.#tokens = tokens
    const count = this.#chance.hits(0.3) ? 3 : 2
    const open = (number: number, platform: Phone['platform'], name: string): Phone =>
      new Phone(world, this.users[0]!, name, platform, new Chance(seed, 'phone', index, number))
    const phones = Array.from({ length: count }, (_, number) =>
      open(number, this.#chance.hits(0.5) ? 'ios' : 'android', `p${String(index)}-phone${String(number)}`),
    )
    const browsers = this.#chance.hits(world.browsers) ? [this.#openBrowser(index, count, seed)] : []
    this.phones = [...phones, ...browsers]
    const { clock } = world
    const after = (ms: number, run: () => void): void => {
      clock.after(ms, run)
    }
    // Of its own chance, so that the rest of the world is as it was before there were such people.
    const chance = new Chance(seed, 'backend', index)
    this.#backend = chance.hits(world.guests) ? new BusinessBackend(chance, () => clock.now, after) : null
    for (const phone of this.phones) phone.backend = this.#backend
  }

  #openBrowser(index: number, number: number, seed: string): Phone {
    const isSecure = !new Chance(seed, 'plain http', index).hits(PLAIN_HTTP)
    this.#world.journal.count(isSecure ? 'browsers' : 'browsers with a page by plain http')
    const name = `p${String(index)}-browser`
    return new Phone(
      ...([this.#world, this.users[0]!, name, 'h5', new Chance(seed, 'phone', index, number)] as const),
      isSecure,
    )
  }

  static async make(world: World, gateway: GatewayLife, index: number, seed: string): Promise<Person> {
    const { directory, subscriptions } = gateway.opened
    const tokens = await Promise.all(
      usersOf(index).map(async (user) => {
        await directory.createUser(user)
        await subscriptions.follow(user, world.topicOf(index), undefined)
        const scopes = { publish: [], read: true, admin: false }
        return (await directory.createToken(user, { label: 'sim', ...scopes })).token
      }),
    )
    return new Person(world, index, seed, tokens)
  }

  static content(chance: Chance, now: number) {
    const priority = chance.of([1, 2, 3, 3, 3, 3, 3, 4, 5, 5]) ?? 3
    const expires = chance.hits(0.05) ? now + chance.between(5000, 20_000) : undefined
    return { body: 'Hello', priority, ...(expires !== undefined && { expires }) }
  }

  arrive(): void {
    for (const phone of this.phones)
      this.#world.plan(`${phone.name} arrives`, this.#chance.between(0, 4000), () => {
        phone.launch(this.#chance.hits(0.7))
        this.#signIn(phone, 0)
      })
  }

  plan(ms: number): void {
    for (let count = this.#chance.between(14, 34); count > 0; count -= 1) {
      const act = this.#chance.weighted(ACTS)
      const name = `${this.users[0] ?? ''} ${act} ${String(count)}`
      this.#world.plan(name, this.#chance.between(0, ms), () => {
        this.#do(act)
      })
    }
  }

  heal(): void {
    for (const phone of this.phones) {
      phone.setNetwork('good')
      phone.thawAll()
      phone.launch(true)
      phone.app?.setVisible(true)
      phone.app?.client.updateSettings({ quietHours: { enabled: false, from: '00:00', to: '00:00' } })
      this.#world.clock.after(10_000, () => {
        if (!phone.app?.client.account) this.#signIn(phone, 0)
      })
    }
  }

  flushStorage(): void {
    for (const phone of this.phones) {
      // Most are, in most steps.
      if (phone.storage.idle) continue
      for (const tab of phone.tabs)
        if (phone.storage.isWaitingFor(tab))
          tab.whenRunning(() => {
            phone.flush(tab)
          })
    }
  }

  #do(act: Act): void {
    const phone = this.#chance.of(this.phones)
    if (!phone || this.#world.healing) return
    phone.turn(this.#chance)
    const { app } = phone
    this.#world.journal.count(`act ${act}`)
    switch (act) {
      case 'publish':
        this.#publish()
        break
      case 'burst':
        for (let left = this.#chance.between(2, 7); left > 0; left -= 1) this.#publish()
        break
      case 'read':
      case 'readAll':
        this.#read(phone, act === 'readAll')
        break
      case 'hide':
        app?.whenRunning(() => {
          app.setVisible(false)
        })
        break
      case 'look':
        this.#look(phone)
        break
      case 'freeze':
        this.#freeze(phone)
        break
      case 'thaw':
        this.#thaw(phone)
        break
      case 'kill':
        phone.kill()
        break
      case 'launch':
        phone.launch(this.#chance.hits(0.8))
        break
      case 'tap':
        phone.tap()
        break
      case 'offline':
        phone.setNetwork('offline')
        break
      case 'online':
        phone.setNetwork('good')
        break
      case 'hang':
        phone.setNetwork('hanging')
        break
      case 'slow':
        phone.setNetwork('slow')
        break
      case 'reset':
        phone.resetLink()
        break
      case 'mute':
      case 'unmute':
        this.#mute(phone, act === 'mute')
        break
      case 'quiet':
      case 'loud':
        app?.whenRunning(() => {
          app.client.updateSettings({ quietHours: { enabled: act === 'quiet', from: '00:00', to: '00:00' } })
        })
        break
      case 'changeUser':
        this.#changeUser(phone)
        break
      case 'leave':
      case 'follow':
        this.#follow(phone, act === 'follow')
        break
      case 'clock':
        phone.skewMs = this.#chance.of(CLOCK_SKEWS_MS) ?? 0
        this.#tell(phone, `clock ${String(phone.skewMs)} ms ahead`)
        break
    }
  }

  #publish(): void {
    const user = this.#chance.hits(0.9) ? this.users[0] : this.users[1]
    if (user !== undefined)
      this.#world.publish(`user:${user}`, Person.content(this.#chance, this.#world.clock.now))
  }

  #read(phone: Phone, all: boolean): void {
    const account = phone.app?.running ? phone.app.client.account : null
    if (!account) return
    const unread = account.inbox.rows.filter((row) => isUnread(account.inbox, row))
    const row = this.#chance.of(unread.slice(0, 4))
    if (!row) return
    this.#tell(phone, all ? 'reads all' : `reads ${row.feed} ${row.seq}`)
    void (all ? account.markAllRead(null) : account.markRead([row]))
  }

  #look(phone: Phone): void {
    if (!phone.app) phone.launch(true)
    if (phone.app?.frozen) this.#thaw(phone)
    this.#tell(phone, 'to the front')
    phone.app?.setVisible(true)
  }

  /** A phone freezes what is not looked at; now and then one hangs in full view. */
  #freeze(phone: Phone): void {
    if (!phone.app?.running) return
    if (this.#chance.hits(0.85)) phone.app.setVisible(false)
    this.#tell(phone, 'frozen')
    phone.freeze()
  }

  #thaw(phone: Phone): void {
    if (!phone.app?.frozen) return
    this.#world.journal.count('thaws')
    phone.thaw(this.#chance.hits(0.5))
  }

  #mute(phone: Phone, muted: boolean): void {
    const account = phone.app?.running ? phone.app.client.account : null
    if (!account) return
    this.#tell(phone, muted ? 'mutes' : 'unmutes')
    // Without a network it does not work, and the person sees that.
    account.setMuted(this.#topic, muted).catch(() => undefined)
  }

  #follow(phone: Phone, followed: boolean): void {
    const account = phone.app?.running ? phone.app.client.account : null
    if (!account) return
    this.#tell(phone, followed ? 'follows the topic' : 'leaves the topic')
    const done = followed ? account.follow(this.#topic) : account.unfollow(this.#topic)
    done.catch(() => undefined)
  }

  /** With or without a network. */
  #changeUser(phone: Phone): void {
    const { app } = phone
    if (!app?.running || this.users.length < 2) return
    const next = phone.stay?.user === this.users[0] ? 1 : 0
    this.#tell(phone, `signs out, for ${this.users[next]!}`)
    this.#world.journal.count(`changes of user, network ${phone.network}`)
    if (phone.platform === 'h5') this.#world.journal.count('changes of user in a browser')
    phone.endStay()
    void app.client.signOut().then(() => {
      if (phone.app === app) this.#signIn(phone, next)
    })
  }

  #signIn(phone: Phone, index: number): void {
    const user = this.users[index]
    if (user === undefined) return
    this.#backend?.signIn(phone.name, user)
    const token = this.#backend?.makeToken(user) ?? this.#tokens[index] ?? ''
    const { app } = phone
    app?.client.signInWithToken('http://gateway', token).catch((error: unknown) => {
      this.#tell(phone, `sign-in failed: ${String(error)}`)
      this.#world.clock.after(SIGN_IN_AGAIN_MS, () => {
        if (phone.app !== app || this.#world.healing) return
        app.whenRunning(() => {
          if (!app.client.account) this.#signIn(phone, index)
        })
      })
    })
  }

  #tell(phone: Phone, what: string): void {
    this.#world.journal.tell(this.users[0]!, `${phone.name}: ${what}`)
  }
}

const usersOf = (index: number): string[] => {
  const user = `u${String(index)}`
  return index % 3 === 0 ? [user, `${user}b`] : [user]
}
