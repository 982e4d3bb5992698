import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Writable } from 'node:stream'
import { Audit, type RefusalNote } from '../../gateway/process/audit'
import { auditLines, openLog } from '../../gateway/process/log'

let lines: Record<string, unknown>[]
let audit: Audit

beforeEach(() => {
  vi.useFakeTimers()
  lines = []
  audit = new Audit({ info: (fields) => lines.push(fields as Record<string, unknown>) })
})

afterEach(() => {
  vi.useRealTimers()
})

const refusal = (changes: Partial<RefusalNote> = {}): RefusalNote => ({
  ...{ code: 'token_invalid', address: '192.0.2.1', route: '/v1/me' },
  ...changes,
})

const repeat = (times: number, changes?: Partial<RefusalNote>): void => {
  for (let count = 0; count < times; count++) audit.refused(refusal(changes))
}

it('writes the first refusal of an address at once, and its repeats as one line with their number', () => {
  repeat(1000)
  expect(lines).toMatchObject([{ event: 'refused', code: 'token_invalid', address: '192.0.2.1' }])
  vi.advanceTimersByTime(10_000)
  expect(lines.slice(1)).toMatchObject([{ code: 'token_invalid', address: '192.0.2.1', repeated: 999 }])
})

it('has one line in ten seconds for who goes on, and begins anew after a rest', () => {
  for (let step = 0; step < 60; step++) {
    repeat(10)
    vi.advanceTimersByTime(1000)
  }
  expect(lines.length).toBeLessThanOrEqual(7)
  vi.advanceTimersByTime(20_000)
  lines.length = 0
  repeat(1)
  expect(lines).toHaveLength(1)
})

it('keeps kinds, addresses and tokens apart, and takes an IPv6 customer for one', () => {
  repeat(2)
  repeat(2, { code: 'rate_limited' })
  repeat(2, { address: '192.0.2.2' })
  repeat(2, { tokenId: 't_1' })
  repeat(1, { address: '2001:db8:1:2::1' })
  repeat(1, { address: '2001:db8:1:2::2' })
  expect(lines).toHaveLength(5)
})

it('writes a bounded number of lines for any number of addresses, and counts them all', () => {
  for (let host = 0; host < 5000; host++)
    repeat(2, { address: `10.0.${String(host >> 8)}.${String(host & 255)}` })
  vi.advanceTimersByTime(10_000)
  expect(lines.length).toBeLessThan(70)
  const told = lines.reduce((sum, { repeated = 1 }) => sum + Number(repeated), 0)
  expect(told).toBe(10_000)
})

it('sums no change: who may do them needs a right', () => {
  const change = { event: 'token_revoked', address: '192.0.2.1', tokenId: 't_1', target: 't_2' } as const
  audit.changed(change)
  audit.changed(change)
  expect(lines).toMatchObject([change, change])
})

it('writes no id that is none', () => {
  for (const target of ['a b', 'x\nforged', 'x'.repeat(200)]) repeat(1, { target, tokenId: target })
  expect(lines.map(({ target }) => target)).toEqual(Array(3).fill('(no id)'))
})

it('tells on a stop what is still being summed', () => {
  repeat(3)
  audit.flush()
  expect(lines).toMatchObject([{}, { repeated: 2 }])
})

it.each(['info', 'warn', 'fatal', 'silent'] as const)('is written at the log level %s', (level) => {
  let written = ''
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString()
      done()
    },
  })
  new Audit(auditLines(openLog(level, sink))).refused(refusal())
  expect(JSON.parse(written)).toMatchObject({ msg: 'audit', event: 'refused', code: 'token_invalid' })
})
