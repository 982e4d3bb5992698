import type { ChatServer } from '@herald/engines/chat-server'
import { Ejabberd } from '@herald/engines/ejabberd'
import { Prosody } from '@herald/engines/prosody'
import { describe, expect, it, onTestFinished } from 'vitest'
import { until } from '../gateway/process/until'
import { describeOnBoth, newAccount, sendByForeignClient } from './both-servers'
import { ChatPhone } from './chat-phone'
import { ForeignClient } from './foreign-client'
import { startStage } from './stage'

/** Starting a server takes seconds, and on a busy machine a minute. */
const RESTART_MS = 240_000

const PATIENCE_MS = 60_000

describeOnBoth('a device with a chat account', (server) => {
  it('is alerted once of each message: by a push while it sleeps, by a banner while it is looked at', async () => {
    const [ann, bob, stage] = [
      await newAccount(server, 'ann'),
      await newAccount(server, 'bob'),
      await startStage(server),
    ]
    const pushAddress = () => stage.register(ann)
    const phone = await ChatPhone.start(server, ann, undefined, { pushAddress })
    await until(
      () => phone.record.pushes,
      (pushes) => pushes,
      'push is enabled',
    )
    phone.source.suspend()
    await sendByForeignClient(server, bob, ann.jid, 'while it sleeps')
    await until(stage.nudges, (all) => all.some(({ state }) => state === 'pushed'), 'a push', 60_000)
    phone.source.setAppState('foreground')
    await phone.shows(bob.jid, '< while it sleeps')
    expect([phone.alerted, phone.unread(bob.jid)]).toEqual([[], 1])
    await sendByForeignClient(server, bob, ann.jid, 'while it is looked at')
    await phone.shows(bob.jid, '< while it sleeps', '< while it is looked at')
    expect(phone.alerted).toEqual(['while it is looked at'])
    expect(stage.phone.shown).toMatchObject([{ title: bob.jid }])
    expect(await stage.nudges()).toHaveLength(1)
  })

  it('gives a client of others receipts, markers and answers, and takes its own', async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const phone = await ChatPhone.start(server, ann)
    const foreign = await ForeignClient.signIn(server, bob)
    foreign.send(ann.jid, 'from slixmpp', 'm1')
    await phone.shows(bob.jid, '< from slixmpp')
    await foreign.hears({ what: 'receipt', text: 'm1' })
    await phone.readAll(bob.jid)
    await foreign.hears({ what: 'displayed', text: 'm1' })
    phone.say(bob.jid, 'from Herald')
    const { id } = await foreign.hears({ what: 'body', text: 'from Herald' })
    const state = () => phone.record.conversations[phone.feedOf(bob.jid)]
    await until(state, (now) => (now?.delivered ?? 0) > 0, 'the receipt of slixmpp')
    foreign.sayDisplayed(ann.jid, id)
    await until(state, (now) => (now?.displayed ?? 0) > 0, 'the marker of slixmpp')
  })

  it('shows what a sender has corrected or recalled, without an alert, live and from the archive', async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const mallory = await newAccount(server, 'mallory')
    const phone = await ChatPhone.start(server, ann)
    const [bobs, mallorys] = [
      await ForeignClient.signIn(server, bob),
      await ForeignClient.signIn(server, mallory),
    ]
    bobs.send(ann.jid, 'teh', 'm1')
    bobs.send(ann.jid, 'in the wrong window', 'm2')
    await phone.shows(bob.jid, '< teh', '< in the wrong window')
    bobs.correct(ann.jid, 'm1', 'the', 'm3')
    bobs.recall(ann.jid, 'm2')
    await phone.shows(bob.jid, '< the', '< ')
    // What a stranger calls a correction of somebody else's message is a message of his own, and he recalls nothing.
    mallorys.recall(ann.jid, 'm1')
    mallorys.correct(ann.jid, 'm1', 'forged', 'm4')
    await phone.shows(mallory.jid, '< forged')
    expect(phone.talk(bob.jid)).toEqual(['< the', '< '])
    expect([phone.alerted, phone.unread(bob.jid)]).toEqual([['teh', 'in the wrong window', 'forged'], 2])
    phone.kill()
    bobs.correct(ann.jid, 'm1', 'their', 'm5')
    bobs.send(ann.jid, 'oen', 'm6')
    bobs.correct(ann.jid, 'm6', 'one', 'm7')
    await sendByForeignClient(server, bob, ann.jid, 'last')
    const again = await ChatPhone.start(server, ann, phone.kept)
    await again.shows(bob.jid, '< their', '< ', '< one', '< last')
    const fresh = await ChatPhone.start(server, ann, undefined, { resource: 'tablet' })
    await fresh.shows(bob.jid, '< their', '< ', '< one', '< last')
    expect(fresh.rows(bob.jid).map(({ data }) => [data?.['corrected'], data?.['recalled']])).toEqual([
      [true, undefined],
      [undefined, true],
      [true, undefined],
      [undefined, undefined],
    ])
  })
})

describe.each<[string, () => Promise<ChatServer>]>([
  ['Prosody', () => Prosody.start()],
  ['ejabberd', () => Ejabberd.start()],
])('a chat whose server is restarted in the middle, on %s', (_, start) => {
  it(
    'goes on without a loss and without a double',
    async () => {
      const server = await start()
      onTestFinished(() => server.dispose())
      const { address } = server
      const [ann, bob] = [await newAccount(address, 'ann'), await newAccount(address, 'bob')]
      const [phone, bobs] = [await ChatPhone.start(address, ann), await ChatPhone.start(address, bob)]
      bobs.say(ann.jid, 'before')
      await phone.shows(bob.jid, '< before')
      for (const { user } of [ann, bob]) await server.untilKept(user)
      await server.kill()
      bobs.say(ann.jid, 'while it is down')
      phone.say(bob.jid, 'from the other side')
      await server.run()
      // Nobody waits for a backoff that grew while the server was down.
      for (const device of [phone, bobs]) device.source.setNetwork('regained')
      const sorted = (device: ChatPhone, peer: string): string[] => device.talk(peer).sort()
      await until(
        () => sorted(phone, bob.jid),
        (talk) => talk.length === 3,
        'all of it',
        PATIENCE_MS,
      )
      await until(
        () => sorted(bobs, ann.jid),
        (talk) => talk.length === 3,
        'all of it',
        PATIENCE_MS,
      )
      expect(sorted(phone, bob.jid)).toEqual(['< before', '< while it is down', '> from the other side'])
      expect(sorted(bobs, ann.jid)).toEqual(['< from the other side', '> before', '> while it is down'])
      expect([phone.record.outbox, bobs.record.outbox]).toEqual([[], []])
    },
    RESTART_MS,
  )
})
