import { describe, expect, test } from 'vitest'
import { verdictOf, type Delivery, type DeliveryEvent } from '@herald/protocol'

const AT = 1_000_000

const step = (reason: DeliveryEvent['reason'], ms: number, provider?: DeliveryEvent['provider']) => ({
  time: AT + ms,
  reason,
  ...(provider && { provider }),
})

type Standing = Pick<Delivery, 'state' | 'reason' | 'events'>

describe('the verdict of a test alert', () => {
  test.each<[string, Standing, unknown]>([
    [
      'arrived, when the app acknowledged it',
      { state: 'acked', reason: 'acked', events: [step('acked', 120)] },
      { kind: 'arrived', ms: 120 },
    ],
    [
      'arrived after a time that nobody kept',
      { state: 'acked', reason: 'acked', events: [] },
      { kind: 'arrived', ms: null },
    ],
    [
      'arrived in no time, when a clock was set back in between',
      { state: 'acked', reason: 'acked', events: [step('acked', -50)] },
      { kind: 'arrived', ms: 0 },
    ],
    [
      'pushed, by the service that took it last',
      {
        state: 'pushed',
        reason: 'shown',
        events: [
          step('refused', 10, 'jpush'),
          step('accepted', 900, 'unipush'),
          step('shown', 1500, 'unipush'),
        ],
      },
      { kind: 'pushed', provider: 'unipush', ms: 900 },
    ],
    [
      'pushed, when the app answered only then',
      {
        state: 'acked',
        reason: 'acked_late',
        events: [step('accepted', 8000, 'apns'), step('acked_late', 9000)],
      },
      { kind: 'pushed', provider: 'apns', ms: 8000 },
    ],
    [
      'still waiting, when a token that had taken one is gone and the next is tried',
      {
        state: 'waiting',
        reason: 'retrying',
        events: [step('accepted', 10, 'apns'), step('token_gone', 20, 'apns')],
      },
      { kind: 'waiting', reason: 'retrying' },
    ],
    [
      'silent, when no push service could be made to take it',
      { state: 'dead', reason: 'gave_up', events: [step('retrying', 10, 'apns')] },
      { kind: 'silent', reason: 'gave_up' },
    ],
    [
      'silent, where the user is not to be disturbed',
      { state: 'cancelled', reason: 'quiet_hours', events: [] },
      { kind: 'silent', reason: 'quiet_hours' },
    ],
    [
      'silent, where nothing could alert the device',
      { state: 'none', reason: 'no_registration', events: [] },
      { kind: 'silent', reason: 'no_registration' },
    ],
  ])('is %s', (_name, standing, verdict) => {
    expect(verdictOf(standing, AT, 5000)).toEqual(verdict)
  })

  test('waits a moment for an app that no push service knows, since it may be connected', () => {
    const standing: Standing = { state: 'none', reason: 'no_registration', events: [] }
    expect(verdictOf(standing, AT, 300)).toEqual({ kind: 'waiting', reason: 'awaiting_ack' })
  })
})
