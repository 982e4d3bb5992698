import type { DeliveryEvent, Message } from '@herald/protocol'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { DeviceRecord } from '../../../gateway/contracts/devices'
import { Presence } from '../../../gateway/presence/presence'
import { requireGoodRegistration } from '../../../gateway/providers/registration-check'
import { AnswerLimit } from '../../../gateway/escalation/answer-limit'
import { decide, isQuietAt, type Situation } from '../../../gateway/escalation/decide'
import { addStep } from '../../../gateway/stores/push-rules'
import { retryDelay } from '../../../gateway/escalation/ring'
import { steadyClock } from '../../../gateway/escalation/steady-clock'
import { SETTINGS } from './escalation-world'

const NOW = Date.UTC(2026, 5, 1, 12)

const message = (changes: Partial<Message> = {}): Message => ({
  ...{
    id: '00000000-0000-4000-8000-000000000001',
    feed: 'user:ann',
    seq: 1,
    time: NOW,
    body: 'x',
    priority: 3,
  },
  ...changes,
})

const device: DeviceRecord = {
  ...{ user: 'ann', id: 'ann-phone', expires: null, platform: 'ios', locale: undefined, timeZone: undefined },
  ...{ notifications: true, preview: true, sound: true, quietHours: undefined, ended: undefined },
}

const YEAR_MS = 365 * 86_400_000

const situation = (changes: Partial<Situation> = {}): Situation => ({
  noted: 0,
  ...{ now: NOW, deadlines: SETTINGS.deadlines, device, follow: { muted: false, read: [] } },
  ...{ messages: [message()], acked: 0, lease: undefined, activeBeside: [] },
  ...changes,
})

const quietHours = { from: '11:00', to: '13:00' }

describe('decide', () => {
  it.each<[string, Partial<Situation>, object]>([
    ['nothing is in the way', {}, { do: 'push' }],
    ['the device is unknown', { device: undefined }, { do: 'cancel', reason: 'signed_out' }],
    ['it was signed out', { device: { ...device, ended: 1 } }, { do: 'cancel', reason: 'signed_out' }],
    ['its session is over', { device: { ...device, expires: NOW } }, { do: 'cancel', reason: 'signed_out' }],
    ['its session is not over', { device: { ...device, expires: NOW + 1 } }, { do: 'push' }],
    ['the feed was left', { follow: undefined }, { do: 'cancel', reason: 'unfollowed' }],
    ['the log was trimmed', { messages: [] }, { do: 'cancel', reason: 'message_gone' }],
    ['the device acked', { acked: 1 }, { do: 'cancel', reason: 'acked' }],
    ['it was read', { follow: { muted: false, read: [[1, 1]] } }, { do: 'cancel', reason: 'read' }],
    ['it expired', { messages: [message({ expires: NOW })] }, { do: 'cancel', reason: 'expired' }],
    ['the feed is muted', { follow: { muted: true, read: [] } }, { do: 'cancel', reason: 'muted' }],
    [
      'a mute holds for urgent messages too',
      { follow: { muted: true, read: [] }, messages: [message({ priority: 5 })] },
      { do: 'cancel', reason: 'muted' },
    ],
    [
      'alerts are off',
      { device: { ...device, notifications: false } },
      { do: 'cancel', reason: 'notifications_off' },
    ],
    ['priority is 1', { messages: [message({ priority: 1 })] }, { do: 'cancel', reason: 'low_priority' }],
    ['it is quiet', { device: { ...device, quietHours } }, { do: 'cancel', reason: 'quiet_hours' }],
    [
      'it is quiet and urgent',
      { device: { ...device, quietHours }, messages: [message({ priority: 5 })] },
      { do: 'push' },
    ],
    [
      'the app is in the foreground',
      { lease: { state: 'foreground', until: NOW + 1 } },
      { do: 'wait', until: NOW + 8000, reason: 'awaiting_ack' },
    ],
    [
      'the app is in the background',
      { lease: { state: 'background', until: NOW + 1 } },
      { do: 'wait', until: NOW + 4000, reason: 'awaiting_ack' },
    ],
    [
      'the socket closed a moment ago',
      { lease: { state: 'returning', until: NOW + 1700 } },
      { do: 'wait', until: NOW + 1700, reason: 'awaiting_ack' },
    ],
    [
      'the deadline is over',
      { now: NOW + 4000, lease: { state: 'background', until: NOW + 99_000 } },
      { do: 'push' },
    ],
    [
      'another device may ack',
      { activeBeside: [0] },
      { do: 'wait', until: NOW + 8000, reason: 'other_device_active' },
    ],
    [
      'another device acked',
      { activeBeside: [1] },
      { do: 'wait', until: NOW + 30_000, reason: 'other_device_active' },
    ],
    ['another device did not ack in its time', { now: NOW + 8000, activeBeside: [0] }, { do: 'push' }],
    [
      'it was stamped by a clock that was a year ahead',
      {
        messages: [message({ time: NOW + YEAR_MS })],
        lease: { state: 'foreground', until: NOW + 99_000 },
        noted: NOW,
      },
      { do: 'wait', until: NOW + 8000, reason: 'awaiting_ack' },
    ],
    [
      'the deadline is over of what was stamped by a clock that was a year ahead',
      {
        ...{ now: NOW + 8000, messages: [message({ time: NOW + YEAR_MS })], noted: NOW },
        lease: { state: 'foreground', until: NOW + 99_000 },
      },
      { do: 'push' },
    ],
    ['nobody looked at the other device', { now: NOW + 30_000, activeBeside: [1] }, { do: 'push' }],
    [
      'another device acked what is urgent',
      { activeBeside: [1], messages: [message({ priority: 5 })] },
      { do: 'push' },
    ],
  ])('%s', (_when, changes, verdict) => {
    expect(decide(situation(changes))).toMatchObject(verdict)
  })

  it('leaves out what need not ring, and rings for the rest', () => {
    const messages = [1, 2, 3, 4, 5].map((seq) => message({ seq, priority: seq === 3 ? 1 : 3 }))
    const verdict = decide(situation({ messages, acked: 1, follow: { muted: false, read: [[4, 4]] } }))
    expect(verdict.do === 'push' && verdict.messages.map(({ seq }) => seq)).toEqual([2, 5])
  })

  it('names the last thing that took the rest away', () => {
    const messages = [message({ seq: 1 }), message({ seq: 2, priority: 1 })]
    expect(decide(situation({ messages, acked: 1 }))).toEqual({ do: 'cancel', reason: 'low_priority' })
  })
})

describe('quiet hours', () => {
  it.each([
    ['22:00', '07:00', 'UTC', 23, true],
    ['22:00', '07:00', 'UTC', 7, false],
    ['22:00', '07:00', 'UTC', 22, true],
    ['12:00', '13:00', undefined, 12, true],
    ['12:00', '13:00', undefined, 13, false],
    ['08:00', '08:00', 'UTC', 3, true],
    ['22:00', '07:00', 'Asia/Shanghai', 15, true],
    ['22:00', '07:00', 'America/New_York', 15, false],
    ['nonsense', '12:00', 'UTC', 3, false],
    ['25:00', '12:00', 'UTC', 3, false],
  ])('from %s to %s in %s at %i h UTC: %s', (from, to, zone, hour, quiet) => {
    expect(isQuietAt({ from, to }, zone, Date.UTC(2026, 0, 10, hour))).toBe(quiet)
  })
})

describe('a lease', () => {
  it('holds for its time after each word, shrinks when the socket closes, and is swept', () => {
    const clock = { ms: 0 }
    const presence = new Presence(40_000, () => clock.ms)
    presence.heard('ann', 'a', 'foreground')
    clock.ms = 39_999
    expect(presence.of('ann', 'a')).toEqual({ state: 'foreground', until: 40_000 })
    clock.ms = 40_000
    expect(presence.of('ann', 'a')).toBeUndefined()
    presence.heard('ann', 'a', 'background')
    presence.left('ann', 'a')
    expect(presence.of('ann', 'a')).toEqual({ state: 'returning', until: 43_000 })
    clock.ms = 79_000
    presence.sweep()
    presence.left('ann', 'a')
    expect(presence.of('ann', 'a')).toBeUndefined()
  })

  it('of the foreground counts for the user’s other devices', () => {
    const presence = new Presence(40_000, () => 0)
    presence.heard('ann', 'a', 'foreground')
    presence.heard('ann', 'b', 'background')
    presence.heard('bob', 'c', 'foreground')
    expect(presence.activeBeside('ann', 'b')).toEqual(['a'])
    expect(presence.activeBeside('ann', 'a')).toEqual([])
    presence.forget('ann', 'a')
    expect(presence.activeBeside('ann', 'b')).toEqual([])
  })
})

describe('the steady clock', () => {
  it('goes on when the wall clock is set back, and follows it ahead', () => {
    const time = { wall: 1000, elapsed: 0 }
    const now = steadyClock({ now: () => time.wall, onMove: () => undefined }, () => time.elapsed)
    expect(now()).toBe(1000)
    Object.assign(time, { wall: 1100, elapsed: 100 })
    expect(now()).toBe(1100)
    Object.assign(time, { wall: -3_600_000, elapsed: 200 })
    expect(now()).toBe(1200)
    Object.assign(time, { wall: 9000, elapsed: 300 })
    expect(now()).toBe(9000)
    Object.assign(time, { wall: 9000, elapsed: 400 })
    expect(now()).toBe(9100)
  })
})

describe('the limit to an answer', () => {
  afterEach(() => vi.restoreAllMocks())

  it('is one signal for what begins in the same second, and holds for fifteen seconds', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1000)
    const timeout = vi.spyOn(AbortSignal, 'timeout')
    const limit = new AnswerLimit()
    const first = limit.signal()
    clock.mockReturnValue(1999)
    expect(limit.signal()).toBe(first)
    clock.mockReturnValue(2000)
    expect(limit.signal()).not.toBe(first)
    expect(timeout.mock.calls).toEqual([[15_000], [15_000]])
  })

  it('is never one that is over', () => {
    vi.spyOn(performance, 'now').mockReturnValue(1000)
    const over = new AbortController()
    vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(over.signal)
    const limit = new AnswerLimit()
    limit.signal()
    over.abort()
    expect(limit.signal().aborted).toBe(false)
  })

  it('takes as many listeners as there are pushes', () => {
    const warn = vi.spyOn(process, 'emitWarning')
    const signal = new AnswerLimit().signal()
    for (let index = 0; index < 300; index++) signal.addEventListener('abort', () => undefined)
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('a retry', () => {
  it('comes within a doubling ceiling, never before the service wants it', () => {
    const most = () => 1
    expect([1, 2, 3].map((attempts) => retryDelay(attempts, 0, most))).toEqual([2000, 4000, 8000])
    expect(retryDelay(99, 0, most)).toBe(15 * 60_000)
    expect(retryDelay(1, 5000, () => 0)).toBe(5000)
  })
})

describe('a trail', () => {
  it('keeps its beginning and its end, and says a thing that repeats once', () => {
    let trail: readonly DeliveryEvent[] = [{ time: 0, reason: 'awaiting_ack' }]
    for (let time = 1; time <= 50; time++)
      trail = addStep(trail, { time, reason: time % 2 ? 'retrying' : 'quota' })
    expect(trail.length).toBeLessThanOrEqual(20)
    expect(trail[0]).toEqual({ time: 0, reason: 'awaiting_ack' })
    expect(trail.at(-1)).toEqual({ time: 50, reason: 'quota' })
    expect(addStep(trail, { time: 51, reason: 'quota' })).toHaveLength(trail.length)
  })
})

describe('a registration', () => {
  it.each(['[object Object]', '{length = 32, bytes = 0xabc', '{ length = 32', 'undefined', 'null'])(
    'whose token is %s is refused where the app hears of it',
    (token) => {
      const registration = {
        provider: 'apns',
        app: 'a',
        environment: 'production',
        kind: 'alert',
        token,
      } as const
      expect(() => {
        requireGoodRegistration(registration)
      }).toThrow(/push\.token/)
    },
  )
})
