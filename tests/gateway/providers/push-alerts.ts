import type { PushTarget } from '../../../gateway/providers/provider'

/** A registration as a device gives it. */
export const targetOf = (
  provider: PushTarget['provider'],
  app: string,
  token: string,
  environment: PushTarget['environment'] = 'production',
): PushTarget => ({ provider, app, environment, kind: 'alert', token })

/** A signal that never aborts. */
export const never = (): AbortSignal => new AbortController().signal

/** The payload of one message, with the texts when they are given. */
export const messagePayload = (id: string, texts: { title?: string; body?: string } = {}): string =>
  JSON.stringify({
    herald: 1,
    type: 'message',
    to: 'recipient-hash',
    badge: 3,
    id,
    feed: 'topic:alerts',
    epoch: 'e'.repeat(16),
    seq: 7,
    time: 1_700_000_000_000,
    priority: 3,
    ...texts,
  })
