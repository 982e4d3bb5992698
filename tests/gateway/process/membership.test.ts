import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GatewayNote, Gateways } from '../../../gateway/contracts/cluster'
import { openLog } from '../../../gateway/process/log'
import { Membership } from '../../../gateway/process/membership'

const NOTE: GatewayNote = { id: 'one', name: 'one', version: '1', connections: 0, bus: 'ok' }

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A store that answers, or does not, and notes whether others were to be given up. */
async function join() {
  const asked: boolean[] = []
  const store = { isAway: false }
  const gateways: Gateways = {
    renew: (_note, mayEnd) => {
      if (store.isAway) return Promise.reject(new Error('away'))
      asked.push(mayEnd)
      return Promise.resolve({ gateways: [], ended: [], isNew: false })
    },
    leave: () => (store.isAway ? Promise.reject(new Error('away')) : Promise.resolve()),
  }
  const membership = new Membership({ gateways, note: () => NOTE, logger: openLog('silent') })
  await membership.join()
  return { membership, asked, store }
}

describe('a gateway among others', () => {
  it('gives up those that are silent, when the store has heard itself all the time', async () => {
    const { membership, asked } = await join()
    await vi.advanceTimersByTimeAsync(8000)
    expect(asked).toEqual([false, false, false, true, true])
    await membership.leave()
  })

  it('gives up nobody when the store was away for all of them, until each could say that it lives', async () => {
    const { membership, asked, store } = await join()
    await vi.advanceTimersByTimeAsync(8000)
    store.isAway = true
    await vi.advanceTimersByTimeAsync(10_000)
    expect(membership.isAlive).toBe(false)
    store.isAway = false
    asked.length = 0
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toEqual([false, false, false, true, true])
    await membership.leave()
  })

  it('ends all the same when the store is away and cannot be told so', async () => {
    const { membership, store } = await join()
    store.isAway = true
    await expect(membership.leave()).resolves.toBeUndefined()
  })
})
