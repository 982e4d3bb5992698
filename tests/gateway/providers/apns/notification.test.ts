import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toNotification } from '../../../../gateway/providers/apns/notification'
import { clearAlert, messageAlert } from '../provider-suite'
import { BUNDLE } from './apns-under-test'

interface Body {
  readonly aps: Readonly<Record<string, unknown>> & { readonly alert: { title: string; body: string } }
  readonly payload: string
}

function build(alert: Parameters<typeof toNotification>[0], now = Date.now()) {
  const made = toNotification(alert, BUNDLE, now)
  if (typeof made === 'string') throw new Error(made)
  return { ...made, bytes: made.body.length, body: JSON.parse(made.body.toString()) as Body }
}

describe('a message as a notification', () => {
  it('has the headers that APNs asks for', () => {
    const alert = messageAlert({ expires: Date.now() + 10_500, priority: 4 })
    expect(build(alert).headers).toEqual({
      'apns-topic': BUNDLE,
      'apns-push-type': 'alert',
      'apns-id': alert.pushId,
      'apns-priority': '10',
      'apns-expiration': String(Math.ceil(alert.expires / 1000)),
      'apns-collapse-id': alert.collapseId,
    })
  })

  it('rings, groups and counts', () => {
    const alert = messageAlert({ thread: 'topic:alerts', badge: 7, sound: true })
    expect(build(alert).body).toEqual({
      aps: {
        alert: { title: alert.title, body: alert.body },
        badge: 7,
        'thread-id': 'topic:alerts',
        'interruption-level': 'active',
        sound: 'default',
      },
      payload: alert.payload,
    })
    expect(build(messageAlert({ sound: false })).body.aps).not.toHaveProperty('sound')
  })

  it.each([
    [1, 'passive', '5'],
    [2, 'passive', '5'],
    [3, 'active', '10'],
    [4, 'active', '10'],
    [5, 'time-sensitive', '10'],
  ])('of priority %i is %s', (priority, level, urgency) => {
    const { body, headers } = build(messageAlert({ priority }))
    expect(body.aps['interruption-level']).toBe(level)
    expect(headers['apns-priority']).toBe(urgency)
  })

  it('takes at most 4096 bytes, keeps its payload and its characters whole, whatever the text', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6000 }),
      fc.string({ unit: fc.constantFrom('文', '💾', '"', '\\', '\n', 'a', '\u0001'), maxLength: 6000 }),
    )
    fc.assert(
      fc.property(text, text, (title, body) => {
        const alert = messageAlert({ title, body })
        const made = build(alert)
        expect(made.bytes).toBeLessThanOrEqual(4096)
        expect(made.body.payload).toBe(alert.payload)
        const shown = made.body.aps.alert
        for (const [cut, whole] of [
          [shown.title, title],
          [shown.body, body],
        ] as const) {
          expect(cut).not.toMatch(/\p{Surrogate}/u)
          if (cut !== whole) expect(whole.startsWith(cut.replace(/…$/, ''))).toBe(true)
        }
      }),
    )
  })

  it('uses all the bytes that there are', () => {
    const made = build(messageAlert({ title: '题', body: '文'.repeat(5000) }))
    expect(made.bytes).toBeGreaterThan(4096 - 4)
    expect(made.body.aps.alert.title).toBe('题')
    // A long title leaves three quarters to the body.
    const both = build(messageAlert({ title: '题'.repeat(5000), body: '文'.repeat(5000) })).body.aps.alert
    expect(both.body.length / both.title.length).toBeGreaterThan(2.5)
  })

  it('replaces half a surrogate pair, which UTF-8 cannot hold', () => {
    expect(build(messageAlert({ title: 'a\ud83d', body: '\udcbeb' })).body.aps.alert).toEqual({
      title: 'a\u{fffd}',
      body: '\u{fffd}b',
    })
  })

  it.each([
    ['has expired', { expires: 999_999 }, /expired/],
    ['has a collapse id of more than 64 bytes', { collapseId: '文'.repeat(22) }, /64 bytes/],
    ['has a payload that leaves no room', { payload: JSON.stringify({ x: 'x'.repeat(5000) }) }, /no room/],
  ])('is not made when it %s', (_what, changes, words) => {
    expect(toNotification(messageAlert({ expires: 2_000_000, ...changes }), BUNDLE, 1_000_000)).toMatch(words)
  })
})

describe('a clear as a notification', () => {
  it('D4-11: sets the badge as an alert without text, and does not depend on silent pushes', () => {
    const clear = clearAlert({ badge: 0 })
    const { headers, body } = build(clear)
    expect(body).toEqual({ aps: { badge: 0, 'content-available': 1 }, payload: clear.payload })
    expect(headers).toMatchObject({
      'apns-push-type': 'alert',
      'apns-priority': '5',
      'apns-collapse-id': clear.collapseId,
    })
  })
})
