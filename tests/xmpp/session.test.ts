import { expect, it } from 'vitest'
import { until } from '../gateway/process/until'
import { describeOnBoth, newAccount } from './both-servers'
import { ChatEnd } from './chat-end'

describeOnBoth('the session of the app', (server) => {
  const startTwo = async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const [phone, desk] = [await ChatEnd.signIn(server, ann), await ChatEnd.signIn(server, bob)]
    return { ann, bob, phone, desk }
  }

  it('signs in by a password, and from then on by keys alone', async () => {
    const ann = await newAccount(server, 'ann')
    const first = await ChatEnd.signIn(server, ann)
    expect(first.readies).toEqual([{ jid: `${ann.jid}/phone`, resumed: false }])
    expect(first.frames.join()).not.toContain(ann.password)
    const { keys } = first
    first.session.leave()
    const again = await ChatEnd.signIn(server, ann, { password: undefined, ...(keys && { keys }) })
    expect([again.state.name, again.keys]).toEqual(['live', undefined])
  })

  it('is refused for a wrong password, and for a user that there is not, and does not try again', async () => {
    const ann = await newAccount(server, 'ann')
    for (const stranger of [
      { ...ann, password: 'wrong' },
      { ...ann, user: 'nobody-at-all' },
    ]) {
      const end = new ChatEnd(server, stranger)
      end.session.handle('start')
      await end.stopped()
      expect([end.refusal, end.readies]).toEqual(['not_authorized', []])
    }
  })

  it('resumes after a cut: what was sent meanwhile comes once, and what was sent here arrives once', async () => {
    const { ann, bob, phone, desk } = await startTwo()
    desk.say(ann.jid, 'before')
    await phone.has('before')
    phone.cut()
    desk.say(ann.jid, 'while it is away')
    await phone.readyTimes(2)
    phone.say(bob.jid, 'answer', 'a1')
    await phone.has('while it is away')
    await desk.has('answer')
    await until(
      () => phone.sent,
      (sent) => sent.includes('a1'),
      'the server has it',
    )
    expect(phone.readies.at(-1)?.resumed).toBe(true)
    expect([phone.bodies, desk.bodies]).toEqual([['before', 'while it is away'], ['answer']])
  })

  it('keeps its session on suspend, and takes it up in the foreground', async () => {
    const { ann, phone, desk } = await startTwo()
    phone.session.handle('suspend')
    desk.say(ann.jid, 'while it sleeps')
    phone.session.handle('foreground')
    await phone.has('while it sleeps')
    expect(phone.readies.map(({ resumed }) => resumed)).toEqual([false, true])
  })

  it('binds anew when the server does not take its count, and says what it does not know the fate of', async () => {
    const { bob, phone } = await startTwo()
    phone.rewrite = (text) => text.replace(/(<resume .*h=")\d+"/, '$1999"')
    // Behind it nothing is sent that would ask for an answer.
    phone.cut()
    await phone.readyTimes(2)
    expect(phone.readies.at(-1)?.resumed).toBe(false)
    phone.rewrite = (text) => text
    phone.say(bob.jid, 'still here', 'a2')
    await until(
      () => phone.sent,
      (sent) => sent.includes('a2'),
      'the server has it',
    )
  })

  it('tells the server that it has a message when it is stored, and not before', async () => {
    const { ann, phone, desk } = await startTwo()
    let stored: () => void = () => undefined
    phone.storing = () => new Promise((resolve) => (stored = resolve))
    const told: string[] = []
    phone.rewrite = (text) => {
      if (text.startsWith('<a ')) told.push(text)
      return text
    }
    desk.say(ann.jid, 'to be stored')
    await phone.has('to be stored')
    await until(
      () => phone.frames.at(-1),
      (frame) => frame?.startsWith('<r') === true,
      'the server asks',
    )
    expect(told).toEqual([])
    stored()
    await until(
      () => told,
      (all) => all.length > 0,
      'it is told',
    )
  })

  it('is replaced by its own device elsewhere, and stays away until it is looked at', async () => {
    const { ann, phone } = await startTwo()
    await ChatEnd.signIn(server, ann)
    await phone.stopped()
    expect(phone.refusal).toBe('replaced')
    phone.session.handle('foreground')
    await phone.readyTimes(2)
  })

  it('asks, and is answered by whom it asked, also with an error', async () => {
    const { phone } = await startTwo()
    const roster = await phone.session.ask('get', '<query xmlns="jabber:iq:roster"/>')
    expect(roster.attrs['type']).toBe('result')
    await expect(phone.session.ask('get', '<query xmlns="urn:nobody:knows"/>')).rejects.toMatchObject({
      name: 'AskError',
      condition: expect.stringMatching(/service-unavailable|feature-not-implemented/),
    })
  })
})
