import { describe, expect, it } from 'vitest'
import { openRateLimits } from '../../../gateway/http/rate-limits'
import { LinkedBus } from '../contracts/memory/bus'
import { testBus } from '../temporary-store'

const RATES = { publish: 1, requests: 1, address: 0, failures: 4, broken: 0 }

const ADDRESS = '198.51.100.7'

const LIMITED = { code: 'rate_limited' }

describe('the limits of two gateways on one store', () => {
  it('count failed sign-ins together, and everything else apart', async () => {
    const [one, two] = LinkedBus.link(testBus(), testBus())
    const [first, second] = [one, two].map((bus) => openRateLimits(RATES, () => undefined, undefined, bus))
    if (!first || !second) throw new Error('there are two')
    for (const limits of [first, second, first, second]) {
      await limits.checkFailures(ADDRESS)
      await limits.failure(ADDRESS)
    }
    const isRefused = (limits: typeof first): Promise<boolean> =>
      limits.checkFailures(ADDRESS).then(
        () => false,
        () => true,
      )
    await expect.poll(() => isRefused(first)).toBe(true)
    await expect.poll(() => isRefused(second)).toBe(true)
    await expect(second.checkFailures(ADDRESS)).rejects.toMatchObject(LIMITED)
    await second.checkFailures('198.51.100.8')
    await first.publish('t_one')
    await second.publish('t_one')
    await expect(second.publish('t_one')).rejects.toMatchObject(LIMITED)
  })
})
