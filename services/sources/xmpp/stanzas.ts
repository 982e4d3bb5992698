import { writeXml, type XmlElement } from '@herald/protocol'
import { NS } from './namespaces'
import { broken, dropStream, stay, write, type Effect, type Session, type Step } from './session'
import { put, receive, store, take, written, type Outgoing, type Stream } from './stream'

const STANZAS = ['message', 'presence', 'iq']
/** What streams are for. */
export const isStanza = ({ ns, name }: XmlElement): boolean => ns === NS.client && STANZAS.includes(name)

const ASK = writeXml('r', { xmlns: NS.management })

/** What to send to hear whether the server is there, where streams are counted. */
export const askFrame = (): string => ASK

/** Whether stanzas come and go. */
export const isOpen = (session: Session): session is Session & { readonly stream: Stream } =>
  session.phase.name === 'ready' && session.stream !== null

/** Anything that comes on an open stream. */
export function onReady(session: Session, element: XmlElement): Step {
  const { stream } = session
  if (!stream) return broken(session, 'no stream')
  if (isStanza(element)) {
    const next = receive(stream)
    return {
      session: { ...session, stream: next },
      effects: [{ type: 'stanza', element, count: next.received }],
    }
  }
  if (element.ns !== NS.management) return broken(dropStream(session), `unknown: ${element.name}`)
  if (element.name === 'r') return tell({ ...session, stream: { ...stream, asked: stream.received } })
  if (element.name !== 'a') return stay(session)
  const known = take(stream, element.attrs['h'])
  if (!known) return broken(dropStream(session), 'a wrong count')
  const taken: Effect[] = known.taken.length > 0 ? [{ type: 'taken', outgoing: known.taken }] : []
  return { session: { ...session, stream: known.stream }, effects: [...taken, { type: 'pong' }] }
}

/** It is nobody's to store. */
export function onUnreadable(session: Session, stream: Stream): Step {
  const next = receive(stream)
  const isStored = stream.stored === stream.received
  return stay({ ...session, stream: isStored ? store(next, next.received) : next })
}

/** The device has what came up to here. */
export function onStored(session: Session, life: number, count: number): Step {
  const { stream } = session
  if (stream?.life !== life) return stay(session)
  const next = { ...session, stream: store(stream, Math.min(count, stream.received)) }
  return session.phase.name === 'ready' ? tell(next) : stay(next)
}

/** Answers the server as soon as all that had come when it asked is stored: until then the device does not have it. */
function tell(session: Session): Step {
  const { stream } = session
  if (!stream || stream.asked === null || stream.stored < stream.asked) return stay(session)
  // After a resume more may have been told than is stored: what was told must not go back (XEP-0198 §4).
  const told = Math.max(stream.told, stream.stored)
  const answer = writeXml('a', { xmlns: NS.management, h: written(told) })
  return { session: { ...session, stream: { ...stream, told, asked: null } }, effects: [write(answer)] }
}

/** Lost where the stream is not ready: whoever sends keeps it. */
export function send(session: Session, outgoing: Outgoing): Step {
  if (!isOpen(session)) return stay(session)
  const { stream } = session
  const effects: Effect[] = [write(outgoing.xml)]
  if (stream.id === null) return { session, effects }
  if (outgoing.ref !== undefined) effects.push(write(ASK))
  return { session: { ...session, stream: put(stream, outgoing) }, effects }
}
