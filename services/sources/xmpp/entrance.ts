// What comes behind the sign-in: resume, or bind and enable (XEP-0198 §3, §5; RFC 6120 §7).
import { childOf, textOf, writeXml, type XmlElement } from '@herald/protocol'
import { NS } from './namespaces'
import {
  broken,
  dropStream,
  go,
  prepend,
  write,
  type Effect,
  type Given,
  type Session,
  type Step,
} from './session'
import { askFrame, isStanza } from './stanzas'
import { beginStream, take, written } from './stream'

/** More often it is not tried to resume one stream: a server that cannot may say so by silence. */
const MAX_TRIES = 2

const BIND_ID = 'bind'

/** Who is signed in takes up the stream of before, or begins one. */
export function enter(session: Session, features: XmlElement, given: Given): Step {
  const managed = childOf(features, 'sm', NS.management) !== undefined
  const { stream } = session
  if (!managed || !stream || stream.id === null || stream.tries >= MAX_TRIES)
    return bind(dropStream(session), managed, given)
  // What has come is applied in memory: the server must not send it again. Should the app end before it is stored, nothing
  // is resumed, and the archive has it.
  const h = written(stream.received)
  const resume = writeXml('resume', { xmlns: NS.management, previd: stream.id, h })
  const tried = { ...session, stream: { ...stream, tries: stream.tries + 1, told: stream.received } }
  return go(tried, { name: 'resuming' }, write(resume))
}

function bind(session: Session, managed: boolean, { credentials }: Given): Step {
  const resource = writeXml('resource', {}, credentials.resource)
  const query = writeXml('bind', { xmlns: NS.bind }, resource)
  const iq = writeXml('iq', { xmlns: NS.client, type: 'set', id: BIND_ID }, query)
  return go(session, { name: 'binding', managed }, write(iq))
}

/** The server has the stream of before, or has it no more. */
export function onResumeAnswer(session: Session, element: XmlElement, given: Given): Step {
  const { stream } = session
  if (element.ns !== NS.management || !stream) return broken(session, `unasked: ${element.name}`)
  // The server remembers how far it had come with a stream that it has dropped: that much is settled.
  const known = take(stream, element.attrs['h'])
  const settled: Effect[] = known && known.taken.length > 0 ? [{ type: 'taken', outgoing: known.taken }] : []
  if (element.name === 'failed') return prepend(settled, bind(dropStream(session), true, given))
  if (element.name !== 'resumed' || !known) return broken(dropStream(session), 'resumed by a wrong count')
  const again = known.stream.unacked.map(({ xml }) => write(xml))
  const ask: Effect[] = again.length > 0 ? [write(askFrame())] : []
  return go(
    { ...session, stream: { ...known.stream, tries: 0, asked: null } },
    { name: 'ready' },
    ...[...settled, ...again, ...ask, { type: 'ready', resumed: true } as const],
  )
}

/** The server has given an address. */
export function onBound(session: Session, element: XmlElement, managed: boolean): Step {
  const isAnswer = element.ns === NS.client && element.name === 'iq' && element.attrs['id'] === BIND_ID
  if (!isAnswer) return broken(session, `unasked: ${element.name}`)
  const bound = childOf(element, 'bind', NS.bind)
  const jid = bound && childOf(bound, 'jid')
  if (!jid) return broken(session, 'the server binds nothing')
  const lives = session.lives + 1
  const begun: Session = { ...session, lives, stream: beginStream(lives, textOf(jid), null) }
  if (!managed) return go(begun, { name: 'ready' }, { type: 'ready', resumed: false })
  const enable = writeXml('enable', { xmlns: NS.management, resume: 'true' })
  return go(begun, { name: 'enabling' }, write(enable))
}

/** The server counts from here on. */
export function onEnabled(session: Session, element: XmlElement): Step {
  const { stream } = session
  if (!stream) return broken(session, 'no stream')
  const ready: Effect = { type: 'ready', resumed: false }
  if (element.ns === NS.management && element.name === 'enabled') {
    const { id, resume } = element.attrs
    const resumable = resume === 'true' || resume === '1'
    const enabled = { ...stream, id: resumable && id !== undefined ? id : null }
    return go({ ...session, stream: enabled }, { name: 'ready' }, ready)
  }
  if (element.ns === NS.management) return broken(session, 'the server counts nothing')
  // What came before the server began to count is nobody's count.
  return isStanza(element)
    ? { session, effects: [{ type: 'stanza', element, count: 0 }] }
    : broken(session, `unasked: ${element.name}`)
}
