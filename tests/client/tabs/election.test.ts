import { describe, expect, test } from 'vitest'
import { HIDDEN_PATIENCE_MS, LEASE_MS, LEASE_TICK_MS, LeaseElection } from '@/services/tabs/lease-election'
import { LockElection, type Locks } from '@/services/tabs/lock-election'
import type { Election } from '@/services/tabs/tabs'
import { FakeClock, settle } from '../fake-clock'
import { FakeLocks, leaseCell } from './fake-browser'

function stand(election: Election, name: string, told: string[]): Election {
  election.stand({
    won: () => told.push(`${name} won`),
    lost: () => told.push(`${name} lost`),
  })
  return election
}

describe('an election by Web Locks', () => {
  test('has one leader, and the next when it goes', async () => {
    const locks = new FakeLocks()
    const told: string[] = []
    const a = stand(new LockElection(locks.of('a'), 'herald'), 'a', told)
    stand(new LockElection(locks.of('b'), 'herald'), 'b', told)
    await settle()
    expect(told).toEqual(['a won'])
    a.withdraw()
    await settle()
    expect(told).toEqual(['a won', 'b won'])
  })

  test('has the next leader when the first one crashes', async () => {
    const locks = new FakeLocks()
    const told: string[] = []
    stand(new LockElection(locks.of('a'), 'herald'), 'a', told)
    stand(new LockElection(locks.of('b'), 'herald'), 'b', told)
    await settle()
    locks.kill('a')
    await settle()
    expect(told).toEqual(['a won', 'b won'])
  })

  test('lets a tab seize the lead from a frozen one, which stands again', async () => {
    const locks = new FakeLocks()
    const told: string[] = []
    stand(new LockElection(locks.of('a'), 'herald'), 'a', told)
    const b = stand(new LockElection(locks.of('b'), 'herald'), 'b', told)
    await settle()
    b.seize()
    await settle()
    expect(told.sort()).toEqual(['a lost', 'a won', 'b won'])
    b.withdraw()
    await settle()
    expect(told.filter((word) => word === 'a won')).toHaveLength(2)
  })

  test('stays with who seized it, also when the browser says late that its turn in the queue is over', async () => {
    const locks = new FakeLocks()
    const told: string[] = []
    stand(new LockElection(locks.of('a'), 'herald'), 'a', told)
    const late: Locks = {
      request: async (name, options, hold) => {
        try {
          return await locks.of('b').request(name, options, hold)
        } catch (error) {
          await settle()
          throw error
        }
      },
    }
    const b = stand(new LockElection(late, 'herald'), 'b', told)
    await settle()
    b.seize()
    await settle()
    await settle()
    expect(told.filter((word) => word.startsWith('b'))).toEqual(['b won'])
  })

  test('gives nothing to a tab that withdrew while it waited', async () => {
    const locks = new FakeLocks()
    const told: string[] = []
    const a = stand(new LockElection(locks.of('a'), 'herald'), 'a', told)
    const b = stand(new LockElection(locks.of('b'), 'herald'), 'b', told)
    await settle()
    b.withdraw()
    a.withdraw()
    await settle()
    expect(told).toEqual(['a won'])
  })

  test('can be stood in again after a withdrawal', async () => {
    const locks = new FakeLocks()
    const told: string[] = []
    const a = stand(new LockElection(locks.of('a'), 'herald'), 'a', told)
    await settle()
    a.withdraw()
    stand(a, 'again', told)
    await settle()
    expect(told).toEqual(['a won', 'again won'])
  })
})

describe('an election by lease, where there are no Web Locks', () => {
  function start() {
    const clock = new FakeClock()
    const cell = leaseCell()
    const told: string[] = []
    const tab = (id: string, visible = true): Election =>
      stand(new LeaseElection({ id, cell, clock, isVisible: () => visible }), id, told)
    return { clock, cell, told, tab }
  }

  test('has one leader, which stays it', () => {
    const { clock, told, tab } = start()
    tab('a')
    clock.advance(200)
    tab('b')
    clock.advance(10 * LEASE_MS)
    expect(told).toEqual(['a won'])
  })

  test('has one leader when two tabs claim at once', () => {
    const { clock, told, tab } = start()
    tab('a')
    tab('b')
    clock.advance(LEASE_MS)
    expect(told).toHaveLength(1)
  })

  test('has the next leader soon after one goes, and after the lease when one crashes', () => {
    const { clock, told, tab, cell } = start()
    const a = tab('a')
    clock.advance(200)
    tab('b')
    a.withdraw()
    clock.advance(LEASE_TICK_MS + 200)
    expect(told).toEqual(['a won', 'b won'])
    cell.lease = { id: 'crashed', until: clock.now() + LEASE_MS }
    clock.advance(LEASE_TICK_MS)
    expect(told.at(-1)).toBe('b lost')
    clock.advance(LEASE_MS + LEASE_TICK_MS + 200)
    expect(told.at(-1)).toBe('b won')
  })

  test('a hidden tab is patient with a leader whose timers a browser slows to one a minute', () => {
    const { clock, told, tab, cell } = start()
    cell.lease = { id: 'slow', until: clock.now() + LEASE_MS }
    tab('hidden', false)
    clock.advance(60_000)
    expect(told).toEqual([])
    clock.advance(HIDDEN_PATIENCE_MS)
    expect(told).toEqual(['hidden won'])
  })

  test('a lease from the future, written before the clock was set back, is free', () => {
    const { clock, told, tab, cell } = start()
    cell.lease = { id: 'past', until: clock.now() + 3_600_000 }
    tab('a')
    clock.advance(200)
    expect(told).toEqual(['a won'])
  })

  test('a tab that is looked at can seize the lead, and the old leader hears of it', () => {
    const { clock, told, tab } = start()
    tab('a')
    clock.advance(200)
    const b = tab('b')
    b.seize()
    clock.advance(LEASE_TICK_MS + 200)
    expect(told).toContain('b won')
    expect(told).toContain('a lost')
  })
})
