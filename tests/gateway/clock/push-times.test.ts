import { DeviceBodySchema } from '@herald/protocol'
import { Registry } from 'prom-client'
import * as v from 'valibot'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FOLLOW_AFTER_MS } from '../../../gateway/clock/gateway-clock'
import { readConfig } from '../../../gateway/process/config'
import { Presence } from '../../../gateway/presence/presence'
import { steadyClock } from '../../../gateway/escalation/steady-clock'
import { openLog } from '../../../gateway/process/log'
import { openPush } from '../../../gateway/escalation/open-push'
import { getRow } from '../../../gateway/stores/sqlite/statements'
import { openTestStore } from '../temporary-store'
import { DAY, openMachine, TODAY } from './machine'

const YEAR = 365 * DAY

/** A machine whose clock was set, and that has nearly been followed; what passes next is the move. */
function setAndAlmostFollowed(machine: ReturnType<typeof openMachine>, by: number): void {
  machine.time.wall += by
  machine.pass(1)
  machine.pass(FOLLOW_AFTER_MS - 1)
}

describe('the clock of pushes', () => {
  it('goes back with a gateway that had followed a clock far ahead, and not for a little', () => {
    const machine = openMachine(TODAY, { known: TODAY })
    const now = steadyClock(machine.clock, machine.clocks.elapsed)
    machine.pass(FOLLOW_AFTER_MS)
    setAndAlmostFollowed(machine, YEAR)
    machine.pass(1)
    expect(now()).toBe(TODAY + YEAR + 2 * FOLLOW_AFTER_MS + 1)
    setAndAlmostFollowed(machine, -YEAR)
    expect(now()).toBe(TODAY + YEAR + 3 * FOLLOW_AFTER_MS + 1)
    machine.pass(1)
    const back = TODAY + 3 * FOLLOW_AFTER_MS + 2
    expect(now()).toBe(back)
    // What a time server trims.
    machine.time.wall -= 30_000
    machine.pass(1000)
    expect(now()).toBe(back + 1000)
  })

  it('takes no lease away when it goes ahead with a clock that was behind', () => {
    const machine = openMachine(TODAY, { known: TODAY })
    const presence = new Presence(
      40_000,
      steadyClock(machine.clock, machine.clocks.elapsed),
      machine.clocks.elapsed,
    )
    machine.pass(FOLLOW_AFTER_MS)
    setAndAlmostFollowed(machine, YEAR)
    presence.heard('ann', 'phone-0001', 'foreground')
    machine.pass(20_000)
    expect(machine.clock.now()).toBeGreaterThan(TODAY + YEAR)
    expect(presence.of('ann', 'phone-0001')).toMatchObject({ state: 'foreground' })
    machine.pass(40_000)
    expect(presence.of('ann', 'phone-0001')).toBeUndefined()
  })

  it('takes no lease away when a time server sets it ahead by less than a jump', () => {
    const machine = openMachine(TODAY, { known: TODAY })
    const presence = new Presence(
      40_000,
      steadyClock(machine.clock, machine.clocks.elapsed),
      machine.clocks.elapsed,
    )
    presence.heard('ann', 'phone-0001', 'foreground')
    machine.time.wall += 45_000
    machine.pass(20_000)
    expect(machine.clock.now()).toBe(TODAY + 65_000)
    expect(presence.of('ann', 'phone-0001')).toEqual({ state: 'foreground', until: TODAY + 85_000 })
    expect(presence.activeBeside('ann', 'another')).toEqual(['phone-0001'])
    machine.pass(20_000)
    expect(presence.of('ann', 'phone-0001')).toBeUndefined()
  })

  it('makes no push wait, and believes no lease, for as long as the clock had been ahead', async () => {
    const machine = openMachine(TODAY, { known: TODAY })
    const { clock, clocks, pass } = machine
    const opened = await openTestStore({ clockOf: () => clock.now })
    const { store, directory, devices, log, bus } = opened
    const push = await openPush(opened, {
      config: readConfig({ HERALD_DATA: opened.folder, HERALD_WEBPUSH: 'off' }, false),
      clock,
      ...{ elapsed: clocks.elapsed, logger: openLog('silent'), registry: new Registry() },
      onFault: (error) => {
        throw error
      },
      ...{ bus, gateway: 'one' },
    })
    onTestFinished(() => push.stop())
    await push.escalation.start()
    await directory.createUser('ann')
    const session = { label: '', publish: [], read: true, admin: false }
    const { info } = await directory.createToken('ann', session)
    const registration = { provider: 'jpush', app: 'app-key', token: 'x'.repeat(20) }
    const body = v.parse(DeviceBodySchema, { platform: 'android', push: [registration] })
    await devices.put('ann', 'phone-0001', info, body)
    const due = () =>
      getRow<{ due: number }>(store.reader, `SELECT max(due) AS due FROM sweeps WHERE stage = 'present'`)
        ?.due ?? 0

    pass(FOLLOW_AFTER_MS)
    setAndAlmostFollowed(machine, YEAR)
    pass(1)
    setAndAlmostFollowed(machine, -YEAR)
    push.presence.heard('ann', 'phone-0001', 'foreground')
    await log.append('user:ann', { body: 'x', priority: 3 })
    await expect.poll(due).toBeGreaterThan(TODAY + YEAR)
    pass(1)
    await expect.poll(due).toBeLessThan(TODAY + DAY)
    expect(due()).toBeGreaterThan(TODAY)
    expect(push.presence.of('ann', 'phone-0001')?.until).toBeLessThan(TODAY + DAY)
    // The sweep ends when its deadlines have passed, and not a year later.
    pass(60_000)
    push.escalation.wake()
    await expect.poll(due).toBe(0)
  })
})
