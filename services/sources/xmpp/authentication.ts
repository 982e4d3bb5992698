// Signing in (RFC 6120 §6).
import { childOf, childrenOf, textOf, writeXml, type XmlElement } from '@herald/protocol'
import { fromBase64, fromUtf8, toBase64, toUtf8 } from './bytes'
import { openFrame } from './framing'
import { NS } from './namespaces'
import { checkServer, chooseMechanism, ScramError, startScram, type ScramStart } from './scram'
import {
  broken,
  go,
  refuse,
  stay,
  write,
  type Effect,
  type Given,
  type Input,
  type Session,
  type Step,
} from './session'

/** The server says how it lets people in. */
export function authenticate(session: Session, features: XmlElement, { credentials, nonce }: Given): Step {
  const mechanisms = childOf(features, 'mechanisms', NS.sasl)
  const offered = mechanisms ? childrenOf(mechanisms, 'mechanism').map(textOf) : []
  const mechanism = chooseMechanism(offered, credentials.keys?.mechanism)
  if (mechanism) {
    try {
      const start = startScram(mechanism, credentials.user, nonce())
      return go(session, { name: 'scram', start }, auth(mechanism, toBase64(toUtf8(start.message))))
    } catch {
      // No server has a user whose name cannot be written.
      return refuse(session, 'not_authorized')
    }
  }
  const { secure, password, keys, user } = credentials
  if (!secure || keys || !offered.includes('PLAIN')) return refuse(session, 'no_mechanism')
  if (password === undefined) return refuse(session, 'password_needed')
  return go(session, { name: 'plain' }, auth('PLAIN', toBase64(toUtf8(`\0${user}\0${password}`))))
}

const auth = (mechanism: string, initial: string): Effect =>
  write(writeXml('auth', { xmlns: NS.sasl, mechanism }, initial))

/** Its challenge, which is answered with time. */
export function onChallenge(session: Session, start: ScramStart, element: XmlElement): Step {
  if (element.ns !== NS.sasl || element.name !== 'challenge') return onFailure(session, element)
  const challenge = textIn(element)
  if (challenge === undefined) return refuse(session, 'unproven')
  return go(session, { name: 'computing' }, { type: 'compute', start, challenge })
}

/** The answer is there. */
export function onAnswer(
  session: Session,
  { message, signature }: Extract<Input, { type: 'answered' }>,
): Step {
  if (session.phase.name !== 'computing') return stay(session)
  const response = writeXml('response', { xmlns: NS.sasl }, toBase64(toUtf8(message)))
  return go(session, { name: 'proving', signature }, write(response))
}

/** The server's own proof. */
export function onProof(session: Session, signature: Uint8Array, element: XmlElement, given: Given): Step {
  if (element.ns !== NS.sasl || element.name !== 'success') return onFailure(session, element)
  try {
    checkServer(textIn(element) ?? '', signature)
  } catch (error) {
    if (error instanceof ScramError) return refuse(session, 'unproven')
    throw error
  }
  return reopen(session, given)
}

/** Who is signed in opens the stream anew (RFC 7395 §3.4). */
export function reopen(session: Session, { credentials }: Given): Step {
  return go(session, { name: 'opening', signedIn: true }, write(openFrame(credentials.domain)))
}

/** What another try may mend; all others are the account's (RFC 6120 §6.5). */
const PASSING_FAILURES = ['temporary-auth-failure', 'aborted']

/** It lets nobody in. */
export function onFailure(session: Session, element: XmlElement): Step {
  if (element.ns !== NS.sasl || element.name !== 'failure') return broken(session, `unasked: ${element.name}`)
  const passes = childrenOf(element).some(({ name }) => PASSING_FAILURES.includes(name))
  return passes ? broken(session, 'the server signs nobody in now') : refuse(session, 'not_authorized')
}

/** The text that an element holds in Base64. */
function textIn(element: XmlElement): string | undefined {
  const bytes = fromBase64(textOf(element).trim())
  return bytes && fromUtf8(bytes)
}
