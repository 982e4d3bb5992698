import type { Message } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { LiveInbox } from '@/services/inbox/live-inbox'
import { PresentedLedger } from '@/services/presented/presented-ledger'
import { ChatFeeds } from '@/services/sources/xmpp/chat-feeds'
import { ChatStore, newChatRecord } from '@/services/sources/xmpp/chat-record'
import { readFrame } from '@/services/sources/xmpp/framing'
import { readLetter, readWords, type Letter } from '@/services/sources/xmpp/letters'
import { unwrap } from '@/services/sources/xmpp/origin'
import { MemoryKeyValue } from '@/services/storage/key-value'
import { MemoryStorage } from '@/services/storage/memory'
import { FakeClock } from '../../fake-clock'

const OWN = 'ann@chat.example'
const ROOM = 'tea@rooms.example'

const found = (xml: string) => {
  const unwrapped = unwrap(readFrame(xml), OWN)
  if (!unwrapped) throw new Error('forged')
  return unwrapped
}
const message = (from: string, type: string, content: string, to = OWN) =>
  found(
    `<message xmlns='jabber:client' id='m1' from='${from}' to='${to}' type='${type}'>${content}</message>`,
  )
const IN_ROOM = `<x xmlns='http://jabber.org/protocol/muc#user'/>`
const body = (text: string): string => `<body>${text}</body>`

const said = (nick: string, content: string, out = false) => {
  const read = readWords(message(`${ROOM}/${nick}`, 'groupchat', content), {
    ...{ peer: ROOM, nick, out, archive: ROOM },
  })
  if (!read) throw new Error('nothing was said')
  return read
}

describe('a message', () => {
  it('of somebody in a room to this account alone is a conversation apart from the room', () => {
    const content = body('psst') + IN_ROOM
    expect(readLetter(message('Tea@Rooms.Example/Bob B', 'chat', content), OWN)).toMatchObject({
      ...{ peer: `${ROOM}/Bob B`, out: false, body: 'psst' },
    })
    const mine = message(`${OWN}/phone`, 'chat', content, `${ROOM}/Bob B`)
    expect(readLetter(mine, OWN)).toMatchObject({ peer: `${ROOM}/Bob B`, out: true })
  })

  it('of a friend is of the same conversation from whichever device', () => {
    expect(readLetter(message('Bob@chat.example/desk', 'chat', body('hello')), OWN)).toMatchObject({
      peer: 'bob@chat.example',
    })
  })

  it('to all is none that anybody but a room could send', () => {
    expect(readLetter(message('mallory@chat.example/x', 'groupchat', body('hello')), OWN)).toBeUndefined()
  })

  it('in a room asks for no receipt and no marker', () => {
    const asks = `<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>`
    const read = said('Bob', body('hello') + asks)
    expect(read).toMatchObject({ type: 'letter', nick: 'Bob', markable: false })
    expect(read).not.toHaveProperty('receiptTo')
  })
})

describe('the words of a room', () => {
  const open = async (...letters: Letter[]) => {
    const inbox = new LiveInbox({
      ...{ storage: new MemoryStorage(), clock: new FakeClock(), ledger: new PresentedLedger() },
      settling: () => null,
      present: () => Promise.resolve(),
      shown: () => Promise.resolve(),
      onPresented: () => undefined,
      onInbox: () => undefined,
      onStorageFailed: () => undefined,
    })
    const account = { user: 'ann', domain: 'chat.example', url: 'wss://chat.example/', resource: 'phone' }
    const feeds = new ChatFeeds({
      host: {
        feeds: () => inbox.inbox.feeds,
        rows: (feed) => inbox.inbox.rows.filter((row) => row.feed === feed),
        deliver: (change, arrival) => inbox.deliver(change, arrival),
        pushed: () => Promise.resolve(),
        connection: () => undefined,
      },
      store: new ChatStore(new MemoryKeyValue(), newChatRecord(account)),
      ...{ own: OWN, now: () => 1, newEpoch: () => 'epoch', answered: () => undefined },
    })
    await feeds.append(letters, () => ({ catchUp: false }))
    return { feeds, rows: (): readonly Message[] => inbox.inbox.rows }
  }
  const letter = (nick: string, text: string, archiveId: string): Letter => ({
    ...{ type: 'letter', peer: ROOM, nick, out: false, body: text, id: 'same', archiveId, markable: false },
  })

  it('are of who has written them, whatever others call theirs', async () => {
    const { feeds, rows } = await open(letter('Bob', 'one', 'a1'), letter('Carl', 'two', 'a2'))
    expect(rows().map(({ title, body: text }) => [title, text])).toEqual([
      ['Carl', 'two'],
      ['Bob', 'one'],
    ])
    const edit = { type: 'edit', peer: ROOM, out: false, instead: null } as const
    expect(feeds.rowOfEdit({ ...edit, nick: 'Bob', target: 'same' })?.body).toBe('one')
    // What is taken back in a room is named as the room's archive names it.
    expect(feeds.rowOfEdit({ ...edit, nick: 'Carl', target: 'a2' })?.body).toBe('two')
    expect(feeds.rowOfEdit({ ...edit, nick: 'Mallory', target: 'a2' })).toBeUndefined()
    expect(feeds.rowOfEdit({ ...edit, out: true, nick: 'Bob', target: 'same' })).toBeUndefined()
  })

  it('are others than those of another archive that calls them the same', async () => {
    const friend: Letter = {
      ...{
        type: 'letter',
        peer: 'bob@chat.example',
        out: false,
        body: 'hi',
        archiveId: 'a1',
        markable: false,
      },
    }
    const { rows } = await open(letter('Bob', 'one', 'a1'), friend)
    expect(new Set(rows().map(({ id }) => id)).size).toBe(2)
  })
})
