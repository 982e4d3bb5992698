import { childOf, HeraldError, XmlReader, writeXml, type XmlElement } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import type { ChatNode } from '../../../gateway/contracts/nudges'
import { AppServer, domainOf } from '../../../gateway/xmpp/app-server'
import { waitBefore } from '../../../gateway/xmpp/component'
import { componentFor } from '../../../gateway/xmpp/components'
import { isPrivate } from '../../../gateway/xmpp/component-stream'
import { addPhone, START } from '../contracts/world'
import { openAnyStore } from '../temporary-store'

const NODE = 'node-1'
const account = { account: 'account-1', domain: 'chat.example', component: 'push.example' }

function parse(xml: string): XmlElement {
  let found: XmlElement | undefined
  const reader = new XmlReader({
    ...{ mode: 'frame', maxLength: 10_000, maxDepth: 20 },
    onElement: (element) => (found = element),
  })
  reader.write(xml)
  if (!found) throw new Error('no element')
  return found
}

interface Words {
  readonly from?: string
  readonly node?: string
  readonly secret?: string
  readonly body?: string | null
  readonly sender?: string | null
}

/** A publish as servers write it. */
function publish({
  from = 'chat.example',
  node = NODE,
  secret = `secret of ${NODE}`,
  body = 'New message',
  sender = 'bob@chat.example/desk',
}: Words = {}): XmlElement {
  const field = (name: string, value: string | null): string =>
    value === null ? '' : `<field var='${name}'><value>${value}</value></field>`
  return parse(`<iq xmlns='jabber:component:accept' type='set' id='p1' from='${from}' to='push.example'>
    <pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='${node}'><item>
      <notification xmlns='urn:xmpp:push:0'><x xmlns='jabber:x:data' type='form'>
        ${field('message-count', '1')}${field('last-message-sender', sender)}${field('last-message-body', body)}
      </x></notification></item></publish>
      <publish-options><x xmlns='jabber:x:data' type='submit'>${field('secret', secret)}</x></publish-options>
    </pubsub></iq>`)
}

async function openServer() {
  const store = await openAnyStore({ now: () => START })
  const phone = await addPhone(store, 'ann')
  await store.nudges.register({ ...phone, ...account, node: NODE, registered: START, limit: 5 })
  const outcomes: string[] = []
  const faults: unknown[] = []
  const broken = { with: undefined as Error | undefined }
  const server = new AppServer({
    nudges: {
      nodeOf: (node): Promise<ChatNode | undefined> => store.nudges.nodeOf(node),
      note: (nudge) => (broken.with ? Promise.reject(broken.with) : store.nudges.note(nudge)),
    },
    devices: store.devices,
    secretOf: (node) => `secret of ${node}`,
    now: () => START,
    onPublish: (outcome) => outcomes.push(outcome),
    onFault: (error) => faults.push(error),
  })
  const answer = async (stanza: XmlElement): Promise<XmlElement> =>
    parse((await server.answer(stanza)) ?? '<none/>')
  return { store, phone, outcomes, faults, broken, answer, server }
}

/** Type and condition of an error. */
const refusalOf = (answer: XmlElement): unknown[] => {
  const error = childOf(answer, 'error', '')
  return [
    error?.attrs['type'],
    error?.children.map((child) => (typeof child === 'string' ? '' : child.name)).join(),
  ]
}

describe('the app server for chat servers', () => {
  it('has what a server says on disk before it answers', async () => {
    const { store, answer, outcomes } = await openServer()
    expect((await answer(publish())).attrs).toEqual({
      ...{ type: 'result', id: 'p1', to: 'chat.example', from: 'push.example' },
    })
    expect(await store.nudges.listOf('ann', 5)).toMatchObject([
      { sender: 'bob@chat.example', state: 'waiting' },
    ])
    expect(outcomes).toEqual(['noted'])
  })

  it.each([
    ['without a text', { body: null }],
    ['with a blank text', { body: ' ' }],
  ])('notes nothing of a word %s, and takes it', async (_, change) => {
    const { store, answer, outcomes } = await openServer()
    expect((await answer(publish(change))).attrs['type']).toBe('result')
    expect(await store.nudges.listOf('ann', 5)).toEqual([])
    expect(outcomes).toEqual(['quiet'])
  })

  it.each([
    ['a node that nobody has', { node: 'node-2' }],
    ['a node without a name', { node: '' }],
    ['a wrong secret', { secret: 'another' }],
    ['no secret', { secret: '' }],
    ['the word of another server', { from: 'evil.example' }],
    ['the word of another server for a text that is none', { from: 'evil.example', body: null }],
  ])('answers %s with item-not-found, which makes the server forget it', async (_, change) => {
    const { store, answer, outcomes } = await openServer()
    expect(refusalOf(await answer(publish(change)))).toEqual(['cancel', 'item-not-found'])
    expect(await store.nudges.listOf('ann', 5)).toEqual([])
    expect(outcomes).toEqual(['unknown'])
  })

  it('answers item-not-found for a device that was signed out, or that no push service reaches', async () => {
    const { store, phone, answer } = await openServer()
    const [registration] = await store.devices.registrationsOf(phone.user, phone.device)
    if (!registration) throw new Error('the phone has no registration')
    await store.devices.drop(registration, undefined)
    expect(refusalOf(await answer(publish()))).toEqual(['cancel', 'item-not-found'])
    await store.devices.end(phone.user, phone.device)
    expect(refusalOf(await answer(publish()))).toEqual(['cancel', 'item-not-found'])
  })

  it.each([
    ['a store that refuses', new HeraldError('storage_unavailable'), 'resource-constraint'],
    ['a fault of its own', new Error('a fault'), 'internal-server-error'],
  ])('answers %s with wait, and never so that the server forgets the device', async (_, error, condition) => {
    const { answer, broken, faults } = await openServer()
    broken.with = error
    expect(refusalOf(await answer(publish()))).toEqual(['wait', condition])
    expect(faults).toEqual([error])
  })

  it('says what it is and that it is there, and refuses everything else', async () => {
    const { answer, server } = await openServer()
    const iq = (type: string, child: string): XmlElement =>
      parse(writeXml('iq', { xmlns: 'jabber:component:accept', type, id: '1', from: 'a', to: 'b' }, child))
    const info = await answer(iq('get', `<query xmlns='http://jabber.org/protocol/disco#info'/>`))
    expect(JSON.stringify(info)).toContain('urn:xmpp:push:0')
    expect((await answer(iq('get', `<ping xmlns='urn:xmpp:ping'/>`))).attrs['type']).toBe('result')
    expect(refusalOf(await answer(iq('get', `<query xmlns='jabber:iq:version'/>`)))).toEqual([
      'cancel',
      'service-unavailable',
    ])
    for (const stanza of ['<message/>', '<presence/>', `<iq type='result'/>`, `<iq type='error'/>`])
      expect(await server.answer(parse(stanza))).toBeUndefined()
  })
})

describe('the chat servers of the settings', () => {
  const settings = (name: string, domains: string[]) => ({
    ...{ name, domains, server: { host: '127.0.0.1', port: 1 }, secret: 's', public: false },
  })

  it('serve the domains that they name, and one that names none the rest', () => {
    const all = [settings('push.rest', []), settings('push.one', ['one.example'])]
    expect(componentFor(all, 'one.example')?.name).toBe('push.one')
    expect(componentFor(all, 'two.example')?.name).toBe('push.rest')
    expect(componentFor(all.slice(1), 'two.example')).toBeUndefined()
  })

  it('are asked at once when they are gone, and then with a wait that grows to ten seconds', () => {
    expect(waitBefore(0)).toBe(0)
    expect([1, 2, 5, 50].map((tries) => waitBefore(tries, () => 1))).toEqual([1000, 2000, 10_000, 10_000])
    expect(waitBefore(50, () => 0)).toBe(500)
  })

  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['::1', true],
    ['fd00::1', true],
    ['172.32.0.1', false],
    ['8.8.8.8', false],
    ['2001:db8::1', false],
  ])('are in a private network or not: %s is %s', (address, is) => {
    expect(isPrivate(address)).toBe(is)
  })

  it.each([
    ['ann@Chat.Example/phone', 'chat.example'],
    ['chat.example', 'chat.example'],
    ['chat.example/a@b', 'chat.example'],
    ['', ''],
  ])('have a domain: %s is of %s', (address, domain) => {
    expect(domainOf(address)).toBe(domain)
  })
})
