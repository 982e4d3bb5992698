import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

const run = (...words: readonly string[]) =>
  spawnSync(process.execPath, [resolve(ROOT, 'tools/capacity/capacity.mjs'), ...words], { encoding: 'utf8' })

const planFor = (...words: readonly string[]): Record<string, number | boolean> =>
  JSON.parse(run('--json', ...words).stdout) as Record<string, number | boolean>

describe('the capacity model', () => {
  it('leaves a small company on one gateway and its file', () => {
    const plan = planFor('--users', '1000', '--online', '0.1')
    expect(plan).toMatchObject({ sockets: 100, gateways: 1, fitsFile: true, busBytesPerSecond: 0 })
    expect(plan.diskBytes).toBe(1000 * 10 * 30 * 1100)
  })

  it('has a gateway to spare as soon as there are several, and primaries by the rate of the peak', () => {
    const plan = planFor('--users', '100000000')
    expect(plan).toMatchObject({ sockets: 3_000_000, gateways: 61, fitsFile: false, primaries: 7 })
    expect(planFor('--users', '2000000', '--socketsOfGateway', '60000')).toMatchObject({ gateways: 1 })
  })

  it('names the command that measured each unit cost, and takes another figure for it', () => {
    const { stdout, status } = run('--users', '1000000', '--joins', '500')
    expect(status).toBe(0)
    expect(stdout).toContain('npm run bench:idle')
    expect(stdout).toContain('--joins 500: devices a second that come back to one gateway. yours')
    expect(run('--users', 'many')).toMatchObject({
      status: 2,
      stderr: 'capacity: --users is a number above 0\n',
    })
  })
})
