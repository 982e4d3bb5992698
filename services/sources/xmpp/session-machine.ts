import { childrenOf, writeXml, type XmlElement } from '@herald/protocol'
import { authenticate, onAnswer, onChallenge, onFailure, onProof, reopen } from './authentication'
import { enter, onBound, onEnabled, onResumeAnswer } from './entrance'
import { closeFrame, isFraming, openFrame } from './framing'
import { NS } from './namespaces'
import {
  broken,
  dropStream,
  go,
  refuse,
  stay,
  write,
  type Given,
  type Input,
  type Refusal,
  type Session,
  type Step,
} from './session'
import { isOpen, onReady, onStored, onUnreadable, send } from './stanzas'

/** The session's next state and what to do for it. Pure but for the nonce. */
export function step(session: Session, input: Input, given: Given): Step {
  switch (input.type) {
    case 'opened':
      return go(session, { name: 'opening', signedIn: false }, write(openFrame(given.credentials.domain)))
    case 'closed':
      return go(session, { name: 'closed' })
    case 'element':
      return onElement(session, input.element, given)
    case 'unreadable':
      return input.stanza && isOpen(session)
        ? onUnreadable(session, session.stream)
        : broken(dropStream(session), 'not XML')
    case 'answered':
      return onAnswer(session, input)
    case 'unanswered':
      return session.phase.name === 'computing'
        ? refuse(session, input.why === 'password' ? 'password_needed' : 'unproven')
        : stay(session)
    case 'send':
      return send(session, input.outgoing)
    case 'stored':
      return onStored(session, input.life, input.count)
    case 'leave':
      return leave(session)
  }
}

function onElement(session: Session, element: XmlElement, given: Given): Step {
  if (element.ns === NS.stream && element.name === 'error') return onStreamError(session, element)
  if (isFraming(element, 'close')) return broken(dropStream(session), 'the server closed the stream')
  if (isFraming(element, 'open')) return stay(session)
  const { phase } = session
  switch (phase.name) {
    case 'opening':
      if (element.ns !== NS.stream || element.name !== 'features') return broken(session, 'no features')
      return phase.signedIn ? enter(session, element, given) : authenticate(session, element, given)
    case 'plain':
      return element.name === 'success' && element.ns === NS.sasl
        ? reopen(session, given)
        : onFailure(session, element)
    case 'scram':
      return onChallenge(session, phase.start, element)
    case 'proving':
      return onProof(session, phase.signature, element, given)
    case 'resuming':
      return onResumeAnswer(session, element, given)
    case 'binding':
      return onBound(session, element, phase.managed)
    case 'enabling':
      return onEnabled(session, element)
    case 'ready':
      return onReady(session, element)
    case 'closed':
    case 'computing':
      return broken(session, `unasked: ${element.name}`)
  }
}

function leave(session: Session): Step {
  const left = dropStream(session)
  if (session.phase.name === 'closed') return stay(left)
  const away = writeXml('presence', { xmlns: NS.client, type: 'unavailable' })
  const goodbye = session.phase.name === 'ready' ? [write(away)] : []
  return go(left, { name: 'closed' }, ...goodbye, write(closeFrame()))
}

const REFUSING_ERRORS: Readonly<Record<string, Refusal>> = {
  ...{ conflict: 'replaced', 'host-unknown': 'host_unknown', 'host-gone': 'host_unknown' },
  'not-authorized': 'not_authorized',
}

/** It ends the session: there is nothing to resume behind it (RFC 6120 §4.9.1.1). */
function onStreamError(session: Session, element: XmlElement): Step {
  const condition = childrenOf(element).find(({ ns }) => ns === NS.streamErrors)?.name ?? 'no condition'
  const why = REFUSING_ERRORS[condition]
  const ended = dropStream(session)
  return why ? refuse(ended, why) : broken(ended, condition)
}
