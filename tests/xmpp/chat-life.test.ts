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
