import { parseClientFrame } from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPlainFrame } from '../../../gateway/ws/plain-frames'

/** What the schema makes of a text; undefined where it refuses. */
function bySchema(text: string): unknown {
  const parsed = parseClientFrame(text)
  return parsed.ok ? parsed.frame : undefined
}

const feed = fc.oneof(
  fc.constantFrom(
    'all',
    'user:ann',
    'topic:ci.main',
    'topic:',
    'user:../x',
    'nope',
    '',
    `topic:${'x'.repeat(65)}`,
  ),
  fc.string(),
)
const epoch = fc.oneof(fc.constantFrom('wD2kq0aX', '', 'e'.repeat(64), 'e'.repeat(65), '消息'), fc.string())
const seq = fc.oneof(
  fc.nat().map(String),
  fc.constantFrom(
    '0',
    '-1',
    '01',
    '1.0',
    '1e3',
    '9007199254740991',
    '9007199254740992',
    '999999999999999',
    'null',
    '"1"',
  ),
)

describe('the short way of acks and pings', () => {
  it('reads what our clients write', () => {
    const ack = { type: 'ack', feed: 'topic:ci', epoch: 'wD2kq0aX', seq: 42 }
    expect(readPlainFrame(JSON.stringify(ack))).toEqual(ack)
    expect(readPlainFrame('{"type":"ping"}')).toEqual(bySchema('{"type":"ping"}'))
  })

  it('never says anything but what the schema says', () => {
    fc.assert(
      fc.property(
        feed,
        epoch,
        seq,
        fc.constantFrom('', ' ', ',"x":1', '"'),
        (feedName, life, number, junk) => {
          const quoted = [JSON.stringify(feedName), `"${feedName}"`].map(
            (name) => `{"type":"ack","feed":${name},"epoch":${JSON.stringify(life)},"seq":${number}${junk}}`,
          )
          const raw = `{"type":"ack","feed":"all","epoch":"${life}","seq":${number}}${junk}`
          for (const text of [...quoted, raw]) {
            const short = readPlainFrame(text)
            if (short !== undefined) expect(short).toEqual(bySchema(text))
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('leaves other frames, other orders and escapes to the schema', () => {
    const texts = [
      '{"type": "ping"}',
      '{"type":"state","state":"background"}',
      '{"feed":"all","type":"ack","epoch":"e","seq":1}',
      '{"type":"ack","feed":"\\u0061ll","epoch":"e","seq":1}',
      '{"type":"ack","feed":"all","epoch":"e","seq":1} ',
      '{"type":"ack","feed":"all","epoch":"e\n","seq":1}',
    ]
    expect(texts.map((text) => readPlainFrame(text))).toEqual(texts.map(() => undefined))
  })
})
