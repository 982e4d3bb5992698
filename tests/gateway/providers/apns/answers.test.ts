import { describe, expect, it } from 'vitest'
import { newConnectionAfter, toOutcome } from '../../../../gateway/providers/apns/answers'

const answer = (status: number, reason?: string, more: object = {}, retryAfter?: string) => ({
  status,
  text: reason === undefined ? '' : JSON.stringify({ reason, ...more }),
  retryAfter,
})

const push = { type: 'refused', blame: 'push' }
const credentials = { type: 'refused', blame: 'credentials' }
const busy = { type: 'retry', unknown: false, provider: true }
const later = { type: 'retry', unknown: false, provider: false }

/** Every reason that Apple documents, "Handling notification responses from APNs". */
const table: [number, string, object][] = [
  [400, 'BadCollapseId', push],
  [400, 'BadDeviceToken', push],
  [400, 'BadExpirationDate', push],
  [400, 'BadMessageId', push],
  [400, 'BadPriority', push],
  [400, 'BadTopic', credentials],
  [400, 'DeviceTokenNotForTopic', push],
  [400, 'DuplicateHeaders', push],
  [400, 'IdleTimeout', { ...later, afterMs: 0 }],
  [400, 'InvalidPushType', push],
  [400, 'MissingDeviceToken', push],
  [400, 'MissingTopic', credentials],
  [400, 'PayloadEmpty', push],
  [400, 'TopicDisallowed', credentials],
  [403, 'BadCertificate', credentials],
  [403, 'BadCertificateEnvironment', credentials],
  [403, 'ExpiredProviderToken', credentials],
  [403, 'Forbidden', credentials],
  [403, 'InvalidProviderToken', credentials],
  [403, 'MissingProviderToken', credentials],
  [403, 'UnrelatedKeyIdInToken', credentials],
  [403, 'BadEnvironmentKeyIdInToken', credentials],
  [403, 'BadEnvironmentKeyInToken', credentials],
  [404, 'BadPath', push],
  [405, 'MethodNotAllowed', push],
  [410, 'ExpiredToken', { type: 'gone' }],
  [410, 'Unregistered', { type: 'gone' }],
  [413, 'PayloadTooLarge', push],
  [429, 'TooManyProviderTokenUpdates', { ...busy, afterMs: 1_200_000 }],
  [429, 'TooManyRequests', { ...later, afterMs: 60_000 }],
  [500, 'InternalServerError', busy],
  [503, 'ServiceUnavailable', busy],
  [503, 'Shutdown', { ...later, afterMs: 0 }],
]

describe('an answer of APNs', () => {
  it('of 200 is taken, by the name that we gave', () => {
    expect(toOutcome(answer(200), 'p-1')).toEqual({ type: 'accepted', ref: 'p-1' })
  })

  it.each(table)('of %i %s has its outcome, and names the reason', (status, reason, expected) => {
    const outcome = toOutcome(answer(status, reason), 'p-1')
    expect(outcome).toMatchObject(expected)
    expect('why' in outcome && outcome.why).toMatch(new RegExp(`^${reason}: .{10}`))
  })

  it('D4-09: of 410 says since when the token is dead, so that a later registration is kept', () => {
    expect(toOutcome(answer(410, 'Unregistered', { timestamp: 1_700_000_000_000 }), 'p')).toMatchObject({
      type: 'gone',
      since: 1_700_000_000_000,
    })
    expect(toOutcome(answer(410, 'Unregistered', { timestamp: 'soon' }), 'p')).not.toHaveProperty('since')
  })

  it.each([
    [400, push],
    [403, credentials],
    [410, { type: 'gone' }],
    [429, busy],
    [500, busy],
    [599, busy],
    [204, { type: 'retry', unknown: true, provider: true }],
    [302, { type: 'retry', unknown: true, provider: true }],
    [700, { type: 'retry', unknown: true, provider: true }],
  ])('of %i with a reason that nobody documented goes by its status', (status, expected) => {
    for (const text of [
      '{"reason":"NewReason"}',
      '{"reason":"constructor"}',
      '<html>',
      'null',
      '[]',
      '{"reason":7}',
    ]) {
      const outcome = toOutcome({ status, text, retryAfter: undefined }, 'p')
      expect(outcome).toMatchObject(expected)
    }
  })

  it('of a busy service may say how long to wait', () => {
    expect(toOutcome(answer(503, 'ServiceUnavailable', {}, '90'), 'p')).toMatchObject({ afterMs: 90_000 })
    expect(toOutcome(answer(503, 'ServiceUnavailable', {}, 'soon'), 'p')).not.toHaveProperty('afterMs')
  })

  it('tells when the connection is to blame', () => {
    expect(newConnectionAfter(answer(200))).toBeUndefined()
    expect(newConnectionAfter(answer(400, 'BadDeviceToken'))).toBeUndefined()
    expect(newConnectionAfter(answer(503, 'Shutdown'))).toBe('always')
    expect(newConnectionAfter(answer(403, 'InvalidProviderToken'))).toBe('if old')
  })
})
