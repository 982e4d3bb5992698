import { ROOMS, type ChatAddress } from '@herald/engines/chat-server'
import { expect, it } from 'vitest'
import { until } from '../gateway/process/until'
import { describeOnBoth, newAccount } from './both-servers'
import { ChatPhone } from './chat-phone'
import { ForeignClient } from './foreign-client'
import { RoomOwner } from './room-owner'

/** A room that no other test has. */
const newRoom = async (server: ChatAddress, name: string): Promise<string> =>
  `${(await newAccount(server, name)).user}@${ROOMS}`

const settled = (phone: ChatPhone): Promise<unknown> =>
  until(
    () => phone.record.outbox,
    (outbox) => outbox.length === 0,
    'settled',
    30_000,
  )

const hasProblem = (phone: ChatPhone, room: string, wanted: string): Promise<unknown> =>
  until(
    () => phone.record.conversations[phone.feedOf(room)]?.room?.problem,
    (problem) => problem === wanted,
    wanted,
    30_000,
  )

describeOnBoth('a room', (server) => {
  it('has three people in it, each of whom reads all once, and whose own words are no news', async () => {
    const [room, ann] = [await newRoom(server, 'three'), await newAccount(server, 'ann')]
    const phone = await ChatPhone.start(server, ann)
    await phone.enter(room)
    const [bob, carl] = [
      await ForeignClient.signIn(server, await newAccount(server, 'bob')),
      await ForeignClient.signIn(server, await newAccount(server, 'carl')),
    ]
    await bob.enter(room, 'Bob')
    await carl.enter(room, 'Carl 卡')
    phone.say(room, 'who is here?')
    await bob.hears({ what: 'said', text: `${ann.user}: who is here?` })
    bob.sendToRoom(room, 'me', 'same-id')
    await carl.hears({ what: 'said', text: 'Bob: me' })
    // What others call their messages says nothing of who has written which.
    carl.sendToRoom(room, 'me', 'same-id')
    await phone.shows(room, '> who is here?', 'Bob: me', 'Carl 卡: me')
    await settled(phone)
    expect([phone.alerted, phone.unread(room)]).toEqual([['me', 'me'], 2])
    expect(bob.heard.filter(({ text }) => text.endsWith('who is here?'))).toHaveLength(1)
  })

  it('is on all devices of an account, with what was read and until one of them leaves it', async () => {
    const [room, ann] = [await newRoom(server, 'shared'), await newAccount(server, 'ann')]
    const phone = await ChatPhone.start(server, ann)
    const tablet = await ChatPhone.start(server, ann, undefined, { resource: 'tablet' })
    await phone.enter(room)
    await tablet.isIn(room)
    const bobs = await ChatPhone.start(server, await newAccount(server, 'bob'))
    await bobs.enter(room)
    bobs.say(room, 'hello')
    for (const device of [phone, tablet]) await device.reads(room, 1)
    await phone.readAll(room)
    await tablet.reads(room, 0)
    tablet.say(room, 'from the tablet')
    await until(
      () => [phone, tablet].map((device) => device.talk(room).at(-1)),
      (last) => last.every((word) => word === '> from the tablet'),
      'the tablet’s word',
    )
    expect(phone.alerted).toEqual(['hello'])
    const watch = await ChatPhone.start(server, ann, undefined, { resource: 'watch' })
    await until(
      () => watch.talk(room),
      (talk) => talk.length === 2,
      'what the room’s archive has',
      30_000,
    )
    expect([watch.alerted, watch.unread(room)]).toEqual([[], 0])
    tablet.source.suspend()
    const rooms = await phone.source.rooms()
    rooms.leave(phone.feedOf(room))
    tablet.source.setAppState('foreground')
    for (const device of [phone, watch, tablet])
      await until(
        () => [Object.keys(device.record.conversations), Object.keys(device.inbox.feeds)],
        ([known, feeds]) => known?.length === 0 && feeds?.length === 0,
        `it is gone from ${device.store.record.resource}`,
        30_000,
      )
  })

  it('has what was said while no app ran, and gets what was in doubt once', async () => {
    const [room, ann] = [await newRoom(server, 'away'), await newAccount(server, 'ann')]
    const phone = await ChatPhone.start(server, ann)
    await phone.enter(room)
    const bob = await newAccount(server, 'bob')
    const bobs = await ChatPhone.start(server, bob)
    await bobs.enter(room)
    bobs.say(room, 'one')
    await until(
      () => phone.talk(room).length,
      (count) => count === 1,
      'one',
    )
    phone.say(room, 'in doubt')
    // The room has it, and its word of that is lost.
    phone.kill()
    await until(
      () => bobs.talk(room).at(-1),
      (word) => word === `${ann.user}: in doubt`,
      'in doubt',
    )
    bobs.say(room, 'two')
    await settled(bobs)
    const again = await ChatPhone.start(server, ann, phone.kept)
    again.say(room, 'back')
    await settled(again)
    await again.shows(room, `${bob.user}: one`, '> in doubt', `${bob.user}: two`, '> back')
    await until(
      () => bobs.talk(room).length,
      (count) => count >= 4,
      'all of it',
    )
    expect(bobs.talk(room)).toEqual(['> one', `${ann.user}: in doubt`, '> two', `${ann.user}: back`])
    expect([phone.alerted, again.alerted]).toEqual([['one'], ['two']])
  })

  it('calls by another nick whose nick somebody else has', async () => {
    const [room, ann] = [await newRoom(server, 'nicks'), await newAccount(server, 'ann')]
    await RoomOwner.make(server, room, ann.user)
    const phone = await ChatPhone.start(server, ann)
    await phone.enter(room)
    const { nick } = phone.record.conversations[phone.feedOf(room)]?.room ?? {}
    expect(nick).toBe(`${ann.user}_`)
    phone.say(room, 'it is me')
    await phone.shows(room, '> it is me')
  })

  it('says who was thrown out and why, and whether one may come back', async () => {
    const [room, ann] = [await newRoom(server, 'strict'), await newAccount(server, 'ann')]
    const owner = await RoomOwner.make(server, room)
    const phone = await ChatPhone.start(server, ann)
    await phone.enter(room)
    await owner.setRole(ann.user, 'none')
    await hasProblem(phone, room, 'kicked')
    await phone.enter(room)
    await owner.setAffiliation(ann.jid, 'outcast')
    await hasProblem(phone, room, 'banned')
    const rooms = await phone.source.rooms()
    rooms.join(room)
    await hasProblem(phone, room, 'forbidden')
    await owner.setAffiliation(ann.jid, 'none')
    await phone.enter(room)
    await owner.destroy()
    await hasProblem(phone, room, 'destroyed')
    // No other device makes it again.
    await until(
      () => phone.record.conversations[phone.feedOf(room)]?.room?.isBookmarked,
      (isBookmarked) => isBookmarked === false,
      'the bookmark is gone',
    )
  })
})
