import { deliveryReasons, type Deliveries } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { explain } from '../../../gateway/cli/explanation'
import { describeStep } from '../../../gateway/cli/push-words'
import { readConfig } from '../../../gateway/process/config'
import { fakes } from '@herald/push-fakes/fakes'
import { toOutcome as apnsOutcome } from '../../../gateway/providers/apns/answers'
import { toOutcome as fcmOutcome } from '../../../gateway/providers/fcm/answers'
import { toOutcome as hmsOutcome } from '../../../gateway/providers/hms/answers'
import type { Outcome } from '../../../gateway/providers/provider'
import { codeBlocks, readDocument, tableRows } from '../http/documents'

const PAGE = readDocument('docs/escalation.md')
const CHINESE = readDocument('docs/escalation.zh-CN.md')

const at = (minute: number, second: number): number => new Date(2026, 10, 21, 12, minute, second).getTime()

const ring = (reason: 'accepted' | 'retrying', provider: 'apns' | 'unipush', time: number, detail: string) =>
  ({ time, reason, provider, detail }) as const

const asked = { time: at(3, 1), reason: 'awaiting_ack' } as const
const absent = { time: at(2, 57), reason: 'not_connected' } as const

const sample: Deliveries = {
  message: { id: '4f8c9f0e-5d0f-4c34-9f57-4b8d2f0c1a77', feed: 'user:ann', seq: 42, time: at(2, 57) },
  devices: [
    {
      ...{ user: 'ann', device: '1a2b3c4d5e6f', platform: 'ios', state: 'pushed', reason: 'accepted' },
      ...{
        next: null,
        events: [asked, ring('accepted', 'apns', at(3, 5), '7c1e02ac-93b4-4ab1-a2a5-3d1c08b6c7a1')],
      },
    },
    {
      ...{ user: 'ann', device: '9f31c07e0001', platform: 'android', state: 'waiting', reason: 'retrying' },
      ...{ next: at(3, 41), events: [absent, ring('retrying', 'unipush', at(2, 58), '30019: busy')] },
    },
    {
      ...{ user: 'ann', device: 'b7d2e1aa0001', platform: 'h5', state: 'cancelled', reason: 'muted' },
      ...{ next: null, events: [] },
    },
  ],
  more: null,
}

describe('docs/escalation.md', () => {
  it.each([
    ['en', PAGE],
    ['zh-Hans', CHINESE],
  ] as const)('shows what herald explain prints: %s', (language, page) => {
    const block = codeBlocks(page).find(({ note }) => note === 'explain')
    expect(block?.text).toBe(`${explain(sample, language)}\n`)
  })

  it.each([
    [PAGE, ['the device says', 'time to ack', 'setting'], 's', 'none'],
    [CHINESE, ['设备报告', '确认时限', '设置'], '秒', '无'],
  ])('names the deadlines and settings as they are (%#)', (page, heads, unit, none) => {
    const { deadlines } = readConfig({}, false).push
    const rows = tableRows(page, heads)
    const byName = Object.fromEntries(rows.map(([, time, name]) => [name, time]))
    expect(byName).toEqual({
      HERALD_DEADLINE_FOREGROUND_MS: `${String(deadlines.foregroundMs / 1000)} ${unit}`,
      HERALD_DEADLINE_BACKGROUND_MS: `${String(deadlines.backgroundMs / 1000)} ${unit}`,
      HERALD_QUIET_WHEN_ACTIVE_MS: `${String(deadlines.quietWhenActiveMs / 1000)} ${unit}`,
      '': none,
    })
    const described = ['docs/configuration.md', 'docs/push/hms.md'].map(readDocument).join('\n')
    for (const [name] of page.matchAll(/HERALD_[A-Z_]+/g)) expect(described).toContain(`\`${name}\``)
  })

  it.each([
    ['en', PAGE, ['it says', 'look at'], '.'],
    ['zh-Hans', CHINESE, ['显示', '检查什么'], '。'],
  ] as const)('quotes reasons in the words that people are shown: %s', (language, page, heads, end) => {
    const words = deliveryReasons.map((reason) => describeStep(language, { time: 0, reason }))
    const quoted = tableRows(page, heads)
      .map(([says = '']) => says)
      .filter((says) => says.endsWith(end))
    expect(quoted.length).toBeGreaterThan(3)
    for (const says of quoted) expect(words).toContain(says)
  })

  it('lists the fakes that there are', () => {
    const [, list = ''] = /strict local fake \(([^)]*)\)/.exec(PAGE.replaceAll('\n', ' ')) ?? []
    expect(list.replaceAll('`', '').split(', ')).toEqual(Object.keys(fakes))
  })

  /** What a column of the table of answers stands for. */
  const columns: Readonly<Record<number, (outcome: Outcome) => boolean>> = {
    2: ({ type }) => type === 'gone',
    3: (outcome) => outcome.type === 'refused' && outcome.blame === 'push',
    4: (outcome) => outcome.type === 'refused' && outcome.blame === 'credentials',
    5: (outcome) => outcome.type === 'retry' && !outcome.unknown,
    6: ({ type }) => type === 'quota',
  }
  const HTTP_OF: Readonly<Record<string, number>> = {
    ...{ UNREGISTERED: 404, QUOTA_EXCEEDED: 429, UNAVAILABLE: 503, INTERNAL: 500, UNAUTHENTICATED: 401 },
    ...{
      PERMISSION_DENIED: 403,
      SENDER_ID_MISMATCH: 403,
      THIRD_PARTY_AUTH_ERROR: 401,
      INVALID_ARGUMENT: 400,
    },
  }
  const headers = new Headers()
  const answersOf: Readonly<Record<string, (word: string, whose: string) => Outcome>> = {
    APNs: (word) =>
      apnsOutcome({ status: 400, text: JSON.stringify({ reason: word }), retryAfter: undefined }, ''),
    FCM: (word, whose) => {
      const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
      const quota = {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ subject: `${whose}:1` }],
      }
      const json = { error: { status: word, details: [{ '@type': type, errorCode: word }, quota] } }
      return fcmOutcome({ status: HTTP_OF[word] ?? 0, headers, text: '', json } as never, 0)
    },
    HMS: (word) => {
      const status = word === '81000001' ? 500 : 400
      const isFault = !/^\d+$/.test(word)
      const msg = isFault ? JSON.stringify({ illegalTokens: { [word]: ['x'] } }) : ''
      const json = { code: isFault ? '80300007' : word, msg }
      return hmsOutcome({ status, headers, text: '', json } as never, 0)
    },
  }

  it.each(Object.entries(answersOf))(
    'says of the answers of %s what the gateway does',
    (service, outcomeOf) => {
      const row = PAGE.split('\n').find((line) => line.startsWith(`| [${service}]`)) ?? ''
      const cells = row.split('|').slice(1, -1)
      let words = 0
      for (const [index, fits] of Object.entries(columns)) {
        for (const [, word = '', whose = ''] of (cells[Number(index)] ?? '').matchAll(
          /`(\w+)`(?: of (?:a|the) (\w+))?/g,
        )) {
          words++
          const outcome = outcomeOf(word, whose)
          expect(fits(outcome), `${word} is ${JSON.stringify(outcome)}`).toBe(true)
        }
      }
      expect(words).toBeGreaterThan(6)
    },
  )
})
