import { childOf, textOf, XmlError } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { closeFrame, isFraming, openFrame, readFrame } from '../../../../services/sources/xmpp/framing'
import { stanzaIdOf, unwrap } from '../../../../services/sources/xmpp/origin'

const OWN = 'ann@chat.example'

const inner = (from = 'bob@chat.example/desk') =>
  `<message xmlns='jabber:client' type='chat' from='${from}' to='${OWN}'><body>hello</body></message>`
const forwarded = (content = inner()) =>
  `<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-06-01T00:00:00Z'/>${content}</forwarded>`
const carbon = (from: string | undefined, kind = 'received') =>
  `<message xmlns='jabber:client'${from === undefined ? '' : ` from='${from}'`}><${kind} xmlns='urn:xmpp:carbons:2'>${forwarded()}</${kind}></message>`
const result = (from: string | undefined, id = `id='a1'`) =>
  `<message xmlns='jabber:client'${from === undefined ? '' : ` from='${from}'`}><result xmlns='urn:xmpp:mam:2' queryid='q1' ${id}>${forwarded()}</result></message>`

const read = (xml: string, archives?: readonly string[]) => {
  const found = unwrap(readFrame(xml), OWN, archives)
  const body = found && childOf(found.message, 'body')
  return found && { ...found, message: body ? textOf(body) : '' }
}

describe('a message', () => {
  it('comes by itself, with the time that a server had it for', () => {
    expect(read(inner())).toEqual({ message: 'hello', by: 'live' })
  })

  it.each([OWN, 'Ann@Chat.Example', undefined])('comes as a carbon of the own server: %s', (from) => {
    expect(read(carbon(from))).toEqual({ message: 'hello', by: 'received', stamp: '2026-06-01T00:00:00Z' })
    expect(read(carbon(from, 'sent'))).toMatchObject({ by: 'sent' })
  })

  it.each(['evil@chat.example', `${OWN}/phone`, 'chat.example', `${OWN}.evil.example`, ''])(
    'is none when its carbon is forged by %s',
    (from) => {
      expect(read(carbon(from))).toBeUndefined()
      expect(read(carbon(from, 'sent'))).toBeUndefined()
    },
  )

  it('comes from an archive that was asked, by the id that this one has for it', () => {
    expect(read(result(undefined))).toMatchObject({
      by: 'archive',
      archiveId: 'a1',
      query: 'q1',
      message: 'hello',
    })
    expect(read(result('room@rooms.example'), ['room@rooms.example'])).toMatchObject({ by: 'archive' })
  })

  it.each([
    ['somebody else', result('evil@chat.example')],
    ['a room that was not asked', result('room@rooms.example')],
    ['somebody in a room that was asked', result('room@rooms.example/mallory'), ['room@rooms.example']],
    ['nobody, without an id', result(undefined, '')],
  ])('is none when its result comes from %s', (_, xml, archives?: string[]) => {
    expect(read(xml, archives)).toBeUndefined()
  })

  it('comes from a room only when the room was asked, and not for the want of an address', () => {
    expect(read(result(undefined), ['room@rooms.example'])).toBeUndefined()
  })

  it('has the id that its archive gave it, and none that anybody else wrote', () => {
    const id = (by: string, value: string) => `<stanza-id xmlns='urn:xmpp:sid:0' by='${by}' id='${value}'/>`
    const message = (...ids: string[]) =>
      readFrame(`<message xmlns='jabber:client'>${ids.join('')}</message>`)
    expect(stanzaIdOf(message(id('evil@chat.example', 'x'), id(OWN, 'a1')), OWN)).toBe('a1')
    expect(stanzaIdOf(message(id('evil@chat.example', 'x')), OWN)).toBeUndefined()
    expect(stanzaIdOf(message(id(OWN, 'a1'), id(OWN, 'a2')), OWN)).toBeUndefined()
    expect(stanzaIdOf(message(), OWN)).toBeUndefined()
  })
})

describe('a frame', () => {
  it('is one element', () => {
    expect(isFraming(readFrame(openFrame('chat.example')), 'open')).toBe(true)
    expect(isFraming(readFrame(closeFrame()), 'open')).toBe(false)
    for (const wrong of [
      '',
      ' ',
      '<a/><b/>',
      '<a>',
      'text',
      '<!DOCTYPE a><a/>',
      '<a>'.repeat(70),
      `<a b='${'c'.repeat(300_000)}'/>`,
    ])
      expect(() => readFrame(wrong)).toThrow(XmlError)
  })
})
