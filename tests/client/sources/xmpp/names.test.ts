import { childOf, childrenOf } from '@herald/protocol'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { chatFeed, messageId } from '../../../../services/sources/xmpp/chat-names'
import { readFrame } from '../../../../services/sources/xmpp/framing'
import { answerTo, presence } from '../../../../services/sources/xmpp/presence'
import { sha256 } from '../../../../services/sources/xmpp/sha256'

it('hashes bytes of any length as Node does', () => {
  const lengths = [0, 1, 55, 56, 63, 64, 65, 119, 120, 128].map((length) => new Uint8Array(length).fill(0xa5))
  const isSame = (bytes: Uint8Array): void => {
    expect(Buffer.from(sha256(bytes)).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  }
  lengths.forEach(isSame)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), isSame))
})

it('names a conversation by a key, and a message by a UUID of version 8', () => {
  const feed = chatFeed('ann@chat.example', 'bob@chat.example')
  expect(feed).toMatch(/^chat:[a-z2-7]{26}$/)
  expect(chatFeed('bob@chat.example', 'ann@chat.example')).not.toBe(feed)
  expect(messageId('ann@chat.example', '1')).toMatch(
    /^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  )
})

it('says in its presence the hash of what it answers when it is asked what it can do', () => {
  const question = `<iq xmlns='jabber:client' type='get' id='1' from='bob@chat.example'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`
  const answer = readFrame(answerTo(readFrame(question)))
  const query = childOf(answer, 'query', 'http://jabber.org/protocol/disco#info')
  const features = query ? childrenOf(query, 'feature').map(({ attrs }) => attrs['var'] ?? '') : []
  const [identity] = query ? childrenOf(query, 'identity') : []
  const { category = '', type = '', name = '' } = identity?.attrs ?? {}
  const text = [`${category}/${type}//${name}`, ...features.sort()].map((one) => `${one}<`).join('')
  const caps = childOf(readFrame(presence()), 'c', 'http://jabber.org/protocol/caps')
  expect(caps?.attrs['ver']).toBe(createHash('sha1').update(text).digest('base64'))
})
