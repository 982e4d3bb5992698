// #ifndef H5
import { Rooms as AllRooms } from './rooms'
// #endif
import type { Rooms, RoomsPorts } from './rooms'

/**
 * Where the rooms of an account are had from. On H5 their code is a chunk of its own, which only an account with a room
 * fetches; the App's build refuses `import()`, and that of mini-programs turns it into a string.
 */
export class RoomsDoor {
  readonly #ports: RoomsPorts
  #opening: Promise<Rooms> | null = null
  /** Null: the account is in no room, as far as this device knows. */
  rooms: Rooms | null = null

  constructor(ports: RoomsPorts) {
    this.#ports = ports
  }

  /** Rejects when their code cannot be fetched. */
  async open(): Promise<Rooms> {
    this.#opening ??= load(this.#ports)
    try {
      return (this.rooms = await this.#opening)
    } catch (error) {
      this.#opening = null
      throw error
    }
  }

  /** There is a session. Rejects as `open` does, or with an AskError. */
  async ready(resumed: boolean): Promise<void> {
    const { store, bookmarks } = this.#ports
    const isIn = Object.values(store.record.conversations).some(({ room }) => room)
    const isDue = isIn || this.rooms || store.record.leaving.length > 0 || (await bookmarks.items())?.length
    if (isDue) await (await this.open()).ready(resumed)
  }

  /** Another device has entered or left a room. Rejects as `ready` does. */
  async changed(): Promise<void> {
    await (this.rooms ? this.rooms.sync() : this.ready(true))
  }
}

async function load(ports: RoomsPorts): Promise<Rooms> {
  let rooms: Rooms
  // #ifndef H5
  rooms = await Promise.resolve(new AllRooms(ports))
  // #endif
  // #ifdef H5
  rooms = new (await import('./rooms')).Rooms(ports)
  // #endif
  return rooms
}
