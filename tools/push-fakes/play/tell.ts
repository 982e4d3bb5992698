import type { PushRegistration } from '@herald/protocol'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FakeReply, OnAnswered } from '../fake-service'
import type { PlayOptions } from '../fakes'

type Tell = PlayOptions['tell']

const isGood = ({ status }: FakeReply): boolean => status === 200

/** Tells of each call whether it was accepted, and if not why. */
export function tellAnswers(tell: Tell, isAccepted = isGood): OnAnswered {
  return (request, reply) => {
    const call = `${request.method} ${request.path}`
    if (isAccepted(reply)) tell('accepted', call)
    else tell('refused', `${call}: ${String(reply.status)} ${JSON.stringify(reply.body)}`)
  }
}

/** Tells what a device shows; a push that shows nothing is told as such. */
export function tellShown(tell: Tell, title = '', body = ''): void {
  tell('shows', title === '' && body === '' ? 'nothing: the push is for the app alone' : `“${title}” ${body}`)
}

/** Writes a key where the developer alone reads it; returns the path. */
export function writeKey(folder: string, name: string, content: string): string {
  const file = join(folder, name)
  writeFileSync(file, content, { mode: 0o600 })
  return file
}

/** A registration of an app that is pushed to with production's tokens. */
export function registrationOf(
  provider: PushRegistration['provider'],
  app: string,
  token: string,
): PushRegistration {
  return { provider, app, environment: 'production', kind: 'alert', token }
}
