import { describe, expect, it } from 'vitest'
import { talkLines } from '@/pages/chat/talk'
import { conversationLines } from '@/pages/chats/conversations'
import type { ChatsView } from '@/sdk/chats'
import { createState } from '@/store/state'
import { message } from '../messages'

const FEED = 'chat:bob'
const NOON = new Date(2026, 5, 10, 12, 0).getTime()
const DAY_MS = 24 * 60 * 60 * 1000

const view = (patch: Partial<ChatsView> = {}): ChatsView => ({
  ...{ jid: 'ann@example.org', connection: 'live', refusal: null, unsent: [] },
  conversations: { [FEED]: { peer: 'bob@example.org', delivered: 2, displayed: 1 } },
  ...patch,
})

const row = (seq: number, data: Record<string, unknown> = {}, body = `body ${String(seq)}`) =>
  message(FEED, seq, { body, time: NOON + seq, data })

/** As the list has them: the newest first. */
const linesOf = (...rows: ReturnType<typeof row>[]) => talkLines([...rows].reverse(), FEED, view())

describe('a conversation', () => {
  it('says of what was written here how far it is, and of what others wrote nothing', () => {
    const lines = linesOf(row(1, { out: true }), row(2, { out: true }), row(3, { out: true }), row(4))
    expect(lines.map(({ state, isOwn }) => [state, isOwn])).toEqual([
      ['chats.read', true],
      ['chats.delivered', true],
      ['chats.sent', true],
      [null, false],
    ])
  })

  it('says of what came late how far that is before which it was written', () => {
    const rank = 1 - 1 / 2048
    const lines = linesOf(
      row(1, { out: true }),
      row(2, { out: true, rank: 1.5 }),
      row(3, { out: true, rank }),
    )
    expect(lines.map(({ state }) => state)).toEqual(['chats.read', 'chats.delivered', 'chats.read'])
  })

  it('says what came back, what was corrected and what was recalled', () => {
    const lines = linesOf(
      row(1, { out: true, failed: true }),
      row(2, { corrected: true }),
      row(3, { recalled: true }, ''),
      row(4, { out: true, recalled: true }, ''),
    )
    expect(
      lines.map(({ state, isFailed, isCorrected, body }) => [state, isFailed, isCorrected, body]),
    ).toEqual([
      ['chats.failed', true, false, 'body 1'],
      [null, false, true, 'body 2'],
      [null, false, false, ''],
      [null, false, false, ''],
    ])
  })

  it('names who has written what in a room, and nobody between two', () => {
    const rows = [row(2, { out: true }), { ...row(1), title: 'Bob' }]
    const known = { peer: 'tea@rooms.example.org', delivered: 0, displayed: 0 }
    const inRoom = view({ conversations: { [FEED]: { ...known, room: { nick: 'ann', problem: null } } } })
    expect(talkLines(rows, FEED, inRoom).map(({ name }) => name)).toEqual(['Bob', ''])
    expect(talkLines(rows, FEED, view()).map(({ name }) => name)).toEqual(['', ''])
  })

  it('ends with what is not sent yet, and heads each day', () => {
    const unsent = [
      { id: 'u1', feed: FEED, body: 'tomorrow', time: NOON + DAY_MS },
      { id: 'u2', feed: 'chat:other', body: 'elsewhere', time: NOON + DAY_MS },
    ]
    const lines = talkLines([row(1)], FEED, view({ unsent }))
    expect(lines.map(({ body, state, startsDay }) => [body, state, startsDay])).toEqual([
      ['body 1', null, true],
      ['tomorrow', 'chats.sending', true],
    ])
  })
})

describe('the list of conversations', () => {
  it('shows the last line of each, the newest first, also one that was recalled or is not sent yet', () => {
    const { notifications } = createState()
    const rows = [row(3, { recalled: true }, ''), row(2), message('chat:eve', 1, { body: 'hi', time: NOON })]
    Object.assign(notifications, { rows })
    const conversations = {
      'chat:eve': { peer: 'eve@example.org', delivered: 0, displayed: 0 },
      [FEED]: { peer: 'bob@example.org', delivered: 0, displayed: 0 },
      'chat:new': { peer: 'new@example.org', delivered: 0, displayed: 0 },
    }
    const unsent = [{ id: 'u1', feed: 'chat:eve', body: 'on its way', time: NOON + DAY_MS }]
    const lines = conversationLines(view({ conversations, unsent }), notifications)
    expect(lines.map(({ peer, last }) => [peer, last?.body, last?.isOwn])).toEqual([
      ['eve@example.org', 'on its way', true],
      ['bob@example.org', '', false],
      ['new@example.org', undefined, undefined],
    ])
  })
})
