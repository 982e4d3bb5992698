import { DOMAIN } from '@herald/engines/chat-server'
import { writeXml } from '@herald/protocol'
import { expect, it } from 'vitest'
import { until } from '../gateway/process/until'
import { describeOnBoth, newAccount, sendByForeignClient } from './both-servers'
import { NS } from '@/services/sources/xmpp/namespaces'
import { ChatEnd } from './chat-end'
import { ChatPhone } from './chat-phone'

describeOnBoth('the chats of a device', (server) => {
  const startTwo = async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const [phone, bobs] = [await ChatPhone.start(server, ann), await ChatPhone.start(server, bob)]
    // What was there before a device is no news, and what comes now is.
    for (const device of [phone, bobs])
      await until(() => device.record.archive, Boolean, 'the archive is read')
    return { ann, bob, phone, bobs }
  }

  it('are filled by a client of others, and each message is one alert and unread', async () => {
    const { ann, bob, phone } = await startTwo()
    await sendByForeignClient(server, bob, ann.jid, 'hello 你好 🙂 <&>')
    await phone.shows(bob.jid, '< hello 你好 🙂 <&>')
    expect([phone.alerted, phone.unread(bob.jid)]).toEqual([['hello 你好 🙂 <&>'], 1])
  })

  it('carry words there and back, with receipt and marker, and one’s own are no news', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    phone.say(bob.jid, 'are you there?')
    await bobs.shows(ann.jid, '< are you there?')
    const feed = phone.feedOf(bob.jid)
    const states = () => phone.record.conversations[feed]
    await until(states, (state) => (state?.delivered ?? 0) > 0, 'delivered')
    expect(states()?.displayed).toBe(0)
    await bobs.readAll(ann.jid)
    await until(states, (state) => (state?.displayed ?? 0) > 0, 'displayed')
    bobs.say(ann.jid, 'yes')
    await phone.shows(bob.jid, '> are you there?', '< yes')
    expect([phone.alerted, phone.unread(bob.jid), phone.record.outbox]).toEqual([['yes'], 1, []])
  })

  it('are the same on two devices, and what is read on one is read on the other', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    const carl = await newAccount(server, 'carl')
    const carls = await ChatPhone.start(server, carl)
    const tablet = await ChatPhone.start(server, ann, undefined, { resource: 'tablet' })
    bobs.say(ann.jid, 'from bob')
    carls.say(ann.jid, 'from carl')
    for (const device of [phone, tablet]) {
      await device.reads(bob.jid, 1)
      await device.reads(carl.jid, 1)
    }
    await phone.readAll(bob.jid)
    await phone.readAll(carl.jid)
    await tablet.reads(bob.jid, 0)
    await tablet.reads(carl.jid, 0)
    tablet.say(bob.jid, 'from the tablet')
    await phone.shows(bob.jid, '< from bob', '> from the tablet')
    expect(phone.alerted).toHaveLength(2)
    // Both conversations have a marker that waits for a device that was away.
    const third = await ChatPhone.start(server, ann, undefined, { resource: 'watch' })
    await third.shows(bob.jid, '< from bob', '> from the tablet')
    await third.shows(carl.jid, '< from carl')
    expect([third.alerted, third.unread(bob.jid), third.unread(carl.jid)]).toEqual([[], 0, 0])
  })

  it('have what came while no app ran, once and in order, and alert of it once', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    bobs.say(ann.jid, 'one')
    await phone.shows(bob.jid, '< one')
    phone.kill()
    bobs.say(ann.jid, 'two')
    bobs.say(ann.jid, 'three')
    await until(
      () => bobs.record.outbox,
      (outbox) => outbox.length === 0,
      'the server has them',
    )
    const again = await ChatPhone.start(server, ann, phone.kept)
    await again.shows(bob.jid, '< one', '< two', '< three')
    bobs.say(ann.jid, 'four')
    await again.shows(bob.jid, '< one', '< two', '< three', '< four')
    expect([again.alerted, again.unread(bob.jid)]).toEqual([['two', 'three', 'four'], 4])
  })

  it('send nothing twice and lose nothing when the app is killed before it hears that the server has it', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    phone.say(bob.jid, 'known')
    await bobs.shows(ann.jid, '< known')
    await until(
      () => phone.record.outbox,
      (outbox) => outbox.length === 0,
      'settled',
    )
    // The server has it, and its word of that is lost; the next one never leaves.
    phone.rewrite = (text) => (text.startsWith('<r ') ? '' : text)
    // The other one's receipt would say it as well.
    bobs.rewrite = (text) => text.replace(NS.receipts, 'urn:example:nothing')
    phone.say(bob.jid, 'in doubt')
    await bobs.shows(ann.jid, '< known', '< in doubt')
    phone.rewrite = () => ''
    phone.say(bob.jid, 'not sent')
    expect(phone.record.outbox).toHaveLength(2)
    phone.kill()
    const again = await ChatPhone.start(server, ann, phone.kept)
    await bobs.shows(ann.jid, '< known', '< in doubt', '< not sent')
    await until(
      () => again.record.outbox,
      (outbox) => outbox.length === 0,
      'settled',
    )
    await again.shows(bob.jid, '> known', '> in doubt', '> not sent')
    expect(bobs.alerted).toEqual(['known', 'in doubt', 'not sent'])
  })

  it('say of a message that came back that it has failed', async () => {
    const { bob, phone, bobs, ann } = await startTwo()
    const nobody = `nobody@${DOMAIN}`
    phone.say(nobody, 'is anybody here?')
    phone.say(bob.jid, 'are you?')
    await bobs.shows(ann.jid, '< are you?')
    const states = (peer: string) => phone.rows(peer).map(({ data }) => data?.['failed'])
    await until(
      () => states(nobody),
      ([failed]) => failed === true,
      'it has failed',
    )
    await phone.shows(bob.jid, '> are you?')
    expect([states(bob.jid), phone.record.outbox]).toEqual([[undefined], []])
    phone.kill()
    const again = await ChatPhone.start(server, ann, phone.kept)
    expect(again.rows(nobody).map(({ body, data }) => [body, data?.['failed']])).toEqual([
      ['is anybody here?', true],
    ])
  })

  it.each([
    ['too few', 0],
    ['too many', 9999],
  ])('have all once when a resume counts %s', async (_, count) => {
    const { ann, bob, phone, bobs } = await startTwo()
    bobs.say(ann.jid, 'before')
    await phone.shows(bob.jid, '< before')
    phone.rewrite = (text) => text.replace(/(<resume .*h=")\d+"/, `$1${String(count)}"`)
    phone.cut()
    bobs.say(ann.jid, 'meanwhile')
    phone.say(bob.jid, 'to you')
    await until(
      () => phone.lives,
      (lives) => lives > 1,
      'it is back',
      30_000,
    )
    bobs.say(ann.jid, 'after')
    await until(
      () => phone.talk(bob.jid).length + bobs.talk(ann.jid).length,
      (rows) => rows >= 8,
      'all of it',
      30_000,
    )
    const all = ['< after', '< before', '< meanwhile', '> to you']
    expect(phone.talk(bob.jid).sort()).toEqual(all)
    expect([phone.alerted.sort(), bobs.alerted]).toEqual([['after', 'before', 'meanwhile'], ['to you']])
  })

  it('send what was written without a network as soon as there is one', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    phone.source.suspend()
    phone.say(bob.jid, 'later')
    phone.source.setAppState('foreground')
    await bobs.shows(ann.jid, '< later')
    await phone.shows(bob.jid, '> later')
  })

  it('tell what was read without a network as soon as there is one', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    phone.say(bob.jid, 'read this')
    await bobs.shows(ann.jid, '< read this')
    bobs.source.suspend()
    await bobs.readAll(ann.jid)
    bobs.source.setAppState('foreground')
    await until(
      () => phone.record.conversations[phone.feedOf(bob.jid)],
      (state) => (state?.displayed ?? 0) > 0,
      'displayed',
    )
  })

  it('have all, and send nothing twice, when the network is cut while the archive is read', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    phone.rewrite = (text) => (text.startsWith('<r ') ? '' : text)
    // The other one's receipt would say it as well.
    bobs.rewrite = (text) => text.replace(NS.receipts, 'urn:example:nothing')
    phone.say(bob.jid, 'in doubt')
    await bobs.shows(ann.jid, '< in doubt')
    phone.kill()
    bobs.say(ann.jid, 'missed')
    await until(
      () => bobs.record.outbox,
      (outbox) => outbox.length === 0,
      'the server has it',
    )
    // The question is lost with the socket, and asked again by the session that is resumed.
    let asked = 0
    const rewrite = (text: string): string =>
      text.includes('urn:xmpp:mam:2') && (asked += 1) === 1 ? '' : text
    const again = await ChatPhone.start(server, ann, phone.kept, { rewrite })
    again.cut()
    await again.shows(bob.jid, '> in doubt', '< missed')
    await until(
      () => again.record.outbox,
      (outbox) => outbox.length === 0,
      'settled',
    )
    expect([asked, bobs.talk(ann.jid)]).toEqual([2, ['< in doubt', '> missed']])
  })

  it('come and go on a server that has no archive', async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const rewrite = (text: string): string => text.replaceAll('urn:xmpp:mam:2', 'urn:nobody:knows')
    const phone = await ChatPhone.start(server, ann, undefined, { rewrite })
    const bobs = await ChatPhone.start(server, bob)
    phone.say(bob.jid, 'there')
    await bobs.shows(ann.jid, '< there')
    bobs.say(ann.jid, 'and back')
    await phone.shows(bob.jid, '> there', '< and back')
    expect(phone.alerted).toEqual(['and back'])
  })

  it('name what the archive has dropped, and have what came after it', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    bobs.say(ann.jid, 'before')
    await phone.shows(bob.jid, '< before')
    phone.kill()
    // The message that the device has last is in the archive no more.
    phone.store.update({ archive: { id: 'dropped-by-the-archive', stamp: new Date().toISOString() } })
    await until(
      () => Date.now() % 1_000,
      (part) => part > 500,
      'the archive counts in seconds',
    )
    bobs.say(ann.jid, 'after')
    await until(
      () => bobs.record.outbox,
      (outbox) => outbox.length === 0,
      'the server has it',
    )
    const again = await ChatPhone.start(server, ann, phone.kept)
    await again.shows(bob.jid, '< after')
    const record = again.inbox.feeds[again.feedOf(bob.jid)]
    expect(record).toMatchObject({ from: record?.low, read: [] })
  })

  it('believe no copies, results and ids that somebody else forges', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    const mallory = await ChatEnd.signIn(server, await newAccount(server, 'mallory'))
    const words = (text: string): string =>
      writeXml(
        'message',
        { xmlns: 'jabber:client', from: `${bob.jid}/x`, to: ann.jid, type: 'chat' },
        writeXml('body', {}, text),
      )
    const forward = (text: string): string =>
      writeXml('forwarded', { xmlns: 'urn:xmpp:forward:0' }, words(text))
    const forged = [
      writeXml('received', { xmlns: 'urn:xmpp:carbons:2' }, forward('a forged copy')),
      writeXml('sent', { xmlns: 'urn:xmpp:carbons:2' }, forward('a forged word of mine')),
      writeXml('result', { xmlns: 'urn:xmpp:mam:2', id: '1', queryid: 'page-1' }, forward('a forged result')),
    ]
    for (const content of forged)
      mallory.session.send(
        writeXml('message', { xmlns: 'jabber:client', type: 'chat', to: ann.jid }, content),
      )
    const id = writeXml('stanza-id', { xmlns: 'urn:xmpp:sid:0', by: ann.jid, id: 'forged' })
    const body = writeXml('body', {}, 'with a forged id')
    mallory.session.send(writeXml('message', { xmlns: 'jabber:client', type: 'chat', to: ann.jid }, body, id))
    bobs.say(ann.jid, 'a true word')
    await phone.shows(bob.jid, '< a true word')
    await until(
      () => phone.alerted,
      (alerted) => alerted.length === 2,
      'both',
    )
    expect(phone.alerted.sort()).toEqual(['a true word', 'with a forged id'])
    expect(phone.inbox.rows.map(({ data }) => data?.['archive'])).not.toContain('forged')
  })

  it('go back as far as the archive does', async () => {
    const { ann, bob, phone, bobs } = await startTwo()
    phone.kill()
    const all = Array.from({ length: 53 }, (_, at) => `word ${String(at)}`)
    for (const word of all) bobs.say(ann.jid, word)
    await until(
      () => bobs.record.outbox,
      (outbox) => outbox.length === 0,
      'the server has them',
    )
    const fresh = await ChatPhone.start(server, ann)
    await until(
      () => fresh.talk(bob.jid).length,
      (count) => count === 50,
      'the newest',
    )
    await fresh.loadOlder(bob.jid)
    expect(fresh.talk(bob.jid)).toEqual(all.map((word) => `< ${word}`))
    await fresh.loadOlder(bob.jid)
    const record = fresh.inbox.feeds[fresh.feedOf(bob.jid)]
    expect([record?.from, fresh.unread(bob.jid)]).toEqual([record?.low, 0])
  })
})
