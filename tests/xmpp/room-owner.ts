import type { ChatAddress } from '@herald/engines/chat-server'
import { writeXml } from '@herald/protocol'
import { newAccount } from './both-servers'
import { ChatEnd } from './chat-end'

const MUC = 'http://jabber.org/protocol/muc'

/** Somebody who may throw others out, because the room is his. */
export class RoomOwner {
  readonly #end: ChatEnd
  readonly #room: string

  private constructor(end: ChatEnd, room: string) {
    this.#end = end
    this.#room = room
  }

  static async make(server: ChatAddress, room: string, nick = 'owner'): Promise<RoomOwner> {
    const end = await ChatEnd.signIn(server, await newAccount(server, 'owner'))
    const join = writeXml('x', { xmlns: MUC })
    end.session.send(writeXml('presence', { xmlns: 'jabber:client', to: `${room}/${nick}` }, join))
    const owner = new RoomOwner(end, room)
    await owner.#ask('owner', writeXml('x', { xmlns: 'jabber:x:data', type: 'submit' }))
    return owner
  }

  setRole(nick: string, role: string): Promise<unknown> {
    return this.#ask('admin', writeXml('item', { nick, role }))
  }

  setAffiliation(jid: string, affiliation: string): Promise<unknown> {
    return this.#ask('admin', writeXml('item', { jid, affiliation }))
  }

  destroy(): Promise<unknown> {
    return this.#ask('owner', writeXml('destroy', {}))
  }

  #ask(about: 'admin' | 'owner', child: string): Promise<unknown> {
    return this.#end.session.ask('set', writeXml('query', { xmlns: `${MUC}#${about}` }, child), this.#room)
  }
}
