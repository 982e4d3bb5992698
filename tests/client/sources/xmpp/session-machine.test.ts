import { writeXml } from '@herald/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toBase64, toUtf8 } from '@/services/sources/xmpp/bytes'
import { readFrame } from '@/services/sources/xmpp/framing'
import { startScram } from '@/services/sources/xmpp/scram'
import {
  initialSession,
  type Credentials,
  type Effect,
  type Input,
  type Phase,
  type Session,
} from '@/services/sources/xmpp/session'
import { step } from '@/services/sources/xmpp/session-machine'
import { beginStream, put } from '@/services/sources/xmpp/stream'

const ANN: Credentials = {
  user: 'ann',
  domain: 'chat.example',
  resource: 'phone',
  password: 'pw',
  secure: true,
}
const given = (patch: Partial<Credentials> = {}) => ({
  credentials: { ...ANN, ...patch },
  nonce: () => 'nonce',
})
const KEYS = { mechanism: 'SCRAM-SHA-256', salt: '', iterations: 4096, clientKey: '', serverKey: '' } as const

const SM = 'urn:xmpp:sm:3'
const frame = (xml: string): Input => ({ type: 'element', element: readFrame(xml) })
const features = (...mechanisms: string[]): Input =>
  frame(
    `<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${mechanisms.map((name) => `<mechanism>${name}</mechanism>`).join('')}</mechanisms></stream:features>`,
  )
const entered = (content: string): Input =>
  frame(`<stream:features xmlns:stream='http://etherx.jabber.org/streams'>${content}</stream:features>`)
const sasl = (name: string, content = ''): Input =>
  frame(`<${name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>${content}</${name}>`)
const streamError = (condition: string): Input =>
  frame(
    `<stream:error xmlns:stream='http://etherx.jabber.org/streams'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`,
  )
const managed = entered(`<sm xmlns='${SM}'/>`)
const bound = frame(
  `<iq xmlns='jabber:client' type='result' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>ann@chat.example/phone</jid></bind></iq>`,
)
const sm = (name: string, attrs: Record<string, string> = {}): Input =>
  frame(writeXml(name, { xmlns: SM, ...attrs }))
const message = frame(`<message xmlns='jabber:client'><body>hello</body></message>`)

const STREAM = { ...beginStream(1, 'ann@chat.example/phone', 'id-1'), received: 5, stored: 5 }
const withOne = put(STREAM, { xml: '<message/>', ref: 'm1' })
const at = (phase: Phase, stream: Session['stream'] = null): Session => ({
  phase,
  stream,
  lives: stream ? 1 : 0,
})

const closed = at({ name: 'closed' })
const greeting = at({ name: 'opening', signedIn: false })
const scram = at({ name: 'scram', start: startScram('SCRAM-SHA-1', 'ann', 'nonce') })
const proving = at({ name: 'proving', signature: toUtf8('proof') })
const back = at({ name: 'opening', signedIn: true }, withOne)
const resuming = at({ name: 'resuming' }, withOne)
const ready = at({ name: 'ready' }, withOne)

const summary = (effects: readonly Effect[]): string[] =>
  effects.map((effect) => {
    if (effect.type === 'write') return effect.xml.replace(/ xmlns="[^"]*"/g, '')
    if (effect.type === 'refused' || effect.type === 'broken') return `${effect.type}: ${effect.why}`
    if (effect.type === 'ready') return effect.resumed ? 'resumed' : 'ready'
    return effect.type
  })

const OPEN = '<open to="chat.example" version="1.0"/>'
const BIND = '<iq type="set" id="bind"><bind><resource>phone</resource></bind></iq>'

describe('the session machine', () => {
  it.each<[string, Session, Input, Phase['name'], string[]]>([
    ['opens a stream on a socket', closed, { type: 'opened' }, 'opening', [OPEN]],
    [
      'waits for the features',
      greeting,
      frame(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`),
      'opening',
      [],
    ],
    [
      'takes no way to sign in that it does not know',
      greeting,
      features('EXTERNAL'),
      'closed',
      ['refused: no_mechanism'],
    ],
    ['computes the answer to a challenge', scram, sasl('challenge', 'cj0='), 'computing', ['compute']],
    ['takes no challenge that is no text', scram, sasl('challenge', '?'), 'closed', ['refused: unproven']],
    [
      'stops for a wrong password',
      scram,
      sasl('failure', '<not-authorized/>'),
      'closed',
      ['refused: not_authorized'],
    ],
    [
      'tries again what passes',
      scram,
      sasl('failure', '<temporary-auth-failure/>'),
      'closed',
      ['broken: the server signs nobody in now'],
    ],
    ['believes no success before its turn', scram, sasl('success'), 'closed', ['broken: unasked: success']],
    [
      'believes no server without its proof',
      proving,
      sasl('success', toBase64(toUtf8('v=AAAA'))),
      'closed',
      ['refused: unproven'],
    ],
    ['believes no server that says nothing', proving, sasl('success'), 'closed', ['refused: unproven']],
    [
      'opens the stream anew behind the proof',
      proving,
      sasl('success', toBase64(toUtf8(`v=${toBase64(toUtf8('proof'))}`))),
      'opening',
      [OPEN],
    ],
    ['resumes by the number that came', back, managed, 'resuming', ['<resume previd="id-1" h="5"/>']],
    [
      'binds where nothing is counted, and the stream of before is dropped',
      back,
      entered(''),
      'binding',
      [BIND, 'dropped'],
    ],
    [
      'sends again what the server has not',
      resuming,
      sm('resumed', { previd: 'id-1', h: '0' }),
      'ready',
      ['<message/>', '<r/>', 'resumed'],
    ],
    [
      'sends nothing again that the server has',
      resuming,
      sm('resumed', { previd: 'id-1', h: '1' }),
      'ready',
      ['taken', 'resumed'],
    ],
    ['binds when there is nothing to resume', resuming, sm('failed'), 'binding', [BIND, 'dropped']],
    [
      'hears from what is over how far it came',
      resuming,
      sm('failed', { h: '1' }),
      'binding',
      ['taken', BIND, 'dropped'],
    ],
    [
      'believes no count above what was sent',
      resuming,
      sm('resumed', { h: '2' }),
      'closed',
      ['broken: resumed by a wrong count', 'dropped'],
    ],
    [
      'enables counting behind the bind',
      at({ name: 'binding', managed: true }),
      bound,
      'enabling',
      ['<enable resume="true"/>'],
    ],
    ['is ready without counting', at({ name: 'binding', managed: false }), bound, 'ready', ['ready']],
    [
      'is ready when the server counts',
      at({ name: 'enabling' }, STREAM),
      sm('enabled', { id: 'x', resume: 'true' }),
      'ready',
      ['ready'],
    ],
    ['hands on what comes', ready, message, 'ready', ['stanza']],
    ['says that all is here', ready, sm('r'), 'ready', ['<a h="5"/>']],
    ['hears that the server has it', ready, sm('a', { h: '1' }), 'ready', ['taken', 'pong']],
    [
      'ends a stream whose count is wrong',
      ready,
      sm('a', { h: '7' }),
      'closed',
      ['broken: a wrong count', 'dropped'],
    ],
    [
      'ends a stream whose count is no number',
      ready,
      sm('a', { h: 'x' }),
      'closed',
      ['broken: a wrong count', 'dropped'],
    ],
    ['counts what it cannot read', ready, { type: 'unreadable', stanza: true }, 'ready', []],
    [
      'ends a stream that is no XML',
      ready,
      { type: 'unreadable', stanza: false },
      'closed',
      ['broken: not XML', 'dropped'],
    ],
    ['keeps the stream when the socket goes', ready, { type: 'closed' }, 'closed', []],
    [
      'gives its place up to another',
      ready,
      streamError('conflict'),
      'closed',
      ['refused: replaced', 'dropped'],
    ],
    [
      'knows that the server has no such domain',
      greeting,
      streamError('host-unknown'),
      'closed',
      ['refused: host_unknown'],
    ],
    [
      'comes back after any other stream error',
      ready,
      streamError('system-shutdown'),
      'closed',
      ['broken: system-shutdown', 'dropped'],
    ],
    [
      'comes back when the server closes',
      ready,
      frame(`<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>`),
      'closed',
      ['broken: the server closed the stream', 'dropped'],
    ],
    [
      'says goodbye',
      ready,
      { type: 'leave' },
      'closed',
      ['<presence type="unavailable"/>', '<close/>', 'dropped'],
    ],
    [
      'sends nothing where there is no stream',
      closed,
      { type: 'send', outgoing: { xml: '<message/>' } },
      'closed',
      [],
    ],
    [
      'takes no answer that nobody waits for',
      greeting,
      { type: 'answered', message: '', signature: toUtf8('') },
      'opening',
      [],
    ],
  ])('%s', (_, session, input, phase, effects) => {
    const after = step(session, input, given())
    const dropped = session.stream && !after.session.stream ? ['dropped'] : []
    expect([after.session.phase.name, [...summary(after.effects), ...dropped]]).toEqual([phase, effects])
  })

  it.each<[string, Partial<Credentials>, string[], string]>([
    ['the better mechanism', {}, ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'], 'mechanism="SCRAM-SHA-256"'],
    ['PLAIN only where nothing else is offered', {}, ['PLAIN'], 'mechanism="PLAIN"'],
    ['no PLAIN without encryption', { secure: false }, ['PLAIN'], 'refused: no_mechanism'],
    [
      'no PLAIN after SCRAM, which somebody between would offer',
      { keys: KEYS },
      ['PLAIN'],
      'refused: no_mechanism',
    ],
    ['no weaker SCRAM than before', { keys: KEYS }, ['SCRAM-SHA-1'], 'refused: no_mechanism'],
    ['nothing without a password', { password: undefined }, ['PLAIN'], 'refused: password_needed'],
    ['no name that nobody can write', { user: '\u0007' }, ['SCRAM-SHA-1'], 'refused: not_authorized'],
  ])('signs in by %s', (_, patch, offered, expected) => {
    expect(summary(step(greeting, features(...offered), given(patch)).effects).join()).toContain(expected)
  })

  it('does not resume for ever what the server answers by closing', () => {
    let session = back
    for (let tries = 0; tries < 2; tries += 1) {
      session = step(session, managed, given()).session
      expect(session.phase.name).toBe('resuming')
      session = {
        ...step(session, { type: 'closed' }, given()).session,
        phase: { name: 'opening', signedIn: true },
      }
    }
    const after = step(session, managed, given())
    expect([summary(after.effects), after.session.stream]).toEqual([[BIND], null])
  })

  it('answers the server when all that had come is stored, and what is stored of another stream says nothing', () => {
    let { session } = step(ready, message, given())
    const does = (input: Input): string[] => {
      const after = step(session, input, given())
      session = after.session
      return summary(after.effects)
    }
    expect(does(sm('r'))).toEqual([])
    expect(does({ type: 'stored', life: 9, count: 6 })).toEqual([])
    expect(does({ type: 'stored', life: 1, count: 6 })).toEqual(['<a h="6"/>'])
    expect(does({ type: 'stored', life: 1, count: 6 })).toEqual([])
  })
})

/** A server that keeps its side of XEP-0198, and a network that loses what is on its way when it is cut. */
class ModelServer {
  readonly got: string[] = []
  /** What it has sent and the app has not said to have. */
  #open: string[] = []
  #acked = 0
  #handled = 0
  readonly #wire: string[] = []
  told = 0
  sent = 0

  say(xml: string): void {
    this.sent += 1
    this.#open.push(xml)
    this.#wire.push(xml)
  }

  ask(): void {
    this.#wire.push(writeXml('r', { xmlns: SM }))
  }

  cut(): void {
    this.#wire.length = 0
  }

  next(): string | undefined {
    return this.#wire.shift()
  }

  hear(xml: string): void {
    const element = readFrame(xml.includes('xmlns') ? xml : xml.replace('/>', ' xmlns="jabber:client"/>'))
    if (element.name === 'r') this.#wire.push(writeXml('a', { xmlns: SM, h: String(this.#handled) }))
    else if (element.name === 'a') this.#acknowledge(Number(element.attrs['h']))
    else if (element.name === 'resume') {
      this.#acknowledge(Number(element.attrs['h']))
      this.#wire.push(writeXml('resumed', { xmlns: SM, h: String(this.#handled) }), ...this.#open)
    } else {
      this.#handled += 1
      this.got.push(element.attrs['id'] ?? '')
    }
  }

  #acknowledge(h: number): void {
    // Prosody ends a stream for either.
    if (h < this.#acked || h > this.sent) throw new Error(`told ${String(h)} after ${String(this.#acked)}`)
    this.#open = this.#open.slice(h - this.#acked)
    this.#acked = h
    this.told = h
  }
}

type Deed = 'server says' | 'server asks' | 'app says' | 'app stores' | 'wire' | 'cut'
const deeds: fc.Arbitrary<Deed[]> = fc.array(
  fc.constantFrom<Deed>(
    'server says',
    'server asks',
    'app says',
    'app stores',
    'wire',
    'wire',
    'wire',
    'cut',
  ),
  { maxLength: 80 },
)

it('loses and repeats nothing over any cuts and resumes, and its count never goes back', () => {
  fc.assert(
    fc.property(deeds, (all) => {
      const server = new ModelServer()
      let session: Session = at({ name: 'ready' }, beginStream(1, 'ann@chat.example/phone', 'id-1'))
      let [seen, stored, said, up] = [[] as string[], 0, 0, true]
      const does = (input: Input): void => {
        const after = step(session, input, given())
        session = after.session
        for (const effect of after.effects) {
          if (effect.type === 'write' && up) server.hear(effect.xml)
          if (effect.type === 'stanza') seen = [...seen, effect.element.attrs['id'] ?? '']
          expect(effect.type).not.toBe('broken')
        }
      }
      const wire = (): boolean => {
        const text = server.next()
        if (text !== undefined) does(frame(text))
        return text !== undefined
      }
      const comeBack = (): void => {
        does({ type: 'closed' })
        session = { ...session, phase: { name: 'opening', signedIn: true } }
        does(managed)
        wire()
      }
      const doing: Record<Deed, () => void> = {
        'server says': () => {
          server.say(`<message xmlns='jabber:client' id='s${String(server.sent)}'/>`)
        },
        'server asks': () => {
          server.ask()
        },
        'app says': () => {
          does({
            type: 'send',
            outgoing: { xml: `<message xmlns="jabber:client" id="c${String(said++)}"/>`, ref: 'x' },
          })
        },
        'app stores': () => {
          stored = Math.min(stored + 1, seen.length)
          does({ type: 'stored', life: 1, count: stored })
        },
        wire,
        cut: () => {
          // What the app says just before it finds out is lost.
          up = false
          doing['app says']()
          up = true
          server.cut()
          comeBack()
        },
      }
      for (const deed of all) doing[deed]()
      while (wire());
      does({ type: 'stored', life: 1, count: seen.length })
      expect(seen).toEqual(Array.from({ length: server.sent }, (_, index) => `s${String(index)}`))
      expect(server.got).toEqual(Array.from({ length: said }, (_, index) => `c${String(index)}`))
      expect(server.told).toBeLessThanOrEqual(seen.length)
    }),
  )
})

it('begins closed, without a stream', () => {
  expect(initialSession).toEqual({ phase: { name: 'closed' }, stream: null, lives: 0 })
})
