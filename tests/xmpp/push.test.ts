import { expect, it } from 'vitest'
import { until } from '../gateway/process/until'
import { ChatClient } from './chat-client'
import { describeOnBoth, newAccount, sendByForeignClient } from './both-servers'
import { accountKey, connected, DEVICE, startStage } from './stage'

/** A server may take ten seconds to find that a phone is away. */
const PATIENCE_MS = 60_000

const pushed = (nudges: () => Promise<{ state: string }[]>): Promise<unknown> =>
  until(nudges, (all) => all.some(({ state }) => state === 'pushed'), 'a nudge is pushed', PATIENCE_MS)

describeOnBoth('a phone with a chat account', (server) => {
  /** Ann's phone has push enabled and is cut off; Bob writes from another client. */
  async function startWithPhoneAway() {
    const [ann, bob, stage] = [
      await newAccount(server, 'ann'),
      await newAccount(server, 'bob'),
      await startStage(server),
    ]
    const client = await ChatClient.signIn(server, ann)
    await client.enablePush(await stage.register(ann))
    return { ...stage, ann, bob, client }
  }

  it('is alerted once of messages that a client of others sends while its socket is closed', async () => {
    const { ann, bob, client, phone, nudges } = await startWithPhoneAway()
    client.cut()
    await sendByForeignClient(server, bob, ann.jid, 'hello')
    await pushed(nudges)
    expect(phone.shown).toMatchObject([{ title: bob.jid, body: 'New message' }])
    expect(phone.shown[0]?.payload).toContain(`"type":"nudge"`)
    expect(phone.shown[0]?.payload).toContain(accountKey(ann))
    expect(JSON.stringify(phone.shown)).not.toContain('hello')
    expect(await nudges()).toHaveLength(1)
  })

  it('is not alerted while its app answers, nor of typing once it is away', async () => {
    const { ann, bob, client, phone, publishes, nudges } = await startWithPhoneAway()
    const other = await ChatClient.signIn(server, bob)
    other.sendMessage(ann.jid, 'while it is there')
    await until(
      () => client.bodies,
      (bodies) => bodies.includes('while it is there'),
      'the message',
    )
    client.cut()
    other.sendTyping(ann.jid)
    other.sendMessage(ann.jid, 'while it is away')
    await pushed(nudges)
    expect(phone.shown).toHaveLength(1)
    expect(await publishes()).toMatchObject({ unknown: 0, failed: 0 })
    other.cut()
  })

  it('is alerted of what came when the gateway is killed behind its answer, and only once', async () => {
    const { ann, bob, client, phone, fake, gateway, publishes, nudges } = await startWithPhoneAway()
    client.cut()
    const other = await ChatClient.signIn(server, bob)
    fake.fail({ type: 'drop' })
    other.sendMessage(ann.jid, 'before the kill')
    await until(publishes, (seen) => (seen?.noted ?? 0) > 0, 'the server was answered')
    await gateway.kill()
    await gateway.start()
    await pushed(nudges)
    expect(phone.shown).toHaveLength(1)
    other.cut()
  })

  it('is alerted again after the gateway was away, once its app has been there', async () => {
    const { ann, bob, client, phone, gateway, register, nudges } = await startWithPhoneAway()
    client.cut()
    await gateway.stop()
    const other = await ChatClient.signIn(server, bob)
    other.sendMessage(ann.jid, 'nobody hears this')
    // What Bob is told next proves that the server has seen to it.
    await other.ask('<session xmlns="urn:ietf:params:xml:ns:xmpp-session"/>').catch(() => undefined)
    await gateway.start()
    await connected(gateway)
    const again = await ChatClient.signIn(server, ann)
    await again.enablePush(await register(ann))
    again.cut()
    other.sendMessage(ann.jid, 'this rings')
    await pushed(nudges)
    expect(phone.shown.length).toBeGreaterThan(0)
    other.cut()
  })

  it('is not alerted once its account is taken off, and the server is told that nobody is there', async () => {
    const { ann, bob, client, phone, gateway, token, publishes, nudges } = await startWithPhoneAway()
    client.cut()
    const path = `/v1/me/devices/${DEVICE}/xmpp?account=${accountKey(ann)}`
    expect((await gateway.request('DELETE', path, { token })).status).toBe(204)
    await sendByForeignClient(server, bob, ann.jid, 'hello')
    await until(publishes, (seen) => (seen?.unknown ?? 0) > 0, 'the server was told')
    expect(phone.shown).toEqual([])
    expect(await nudges()).toEqual([])
  })
})
