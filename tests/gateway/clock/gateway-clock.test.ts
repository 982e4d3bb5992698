import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { ClockKeeper } from '../../../gateway/clock/clock-keeper'
import { BELIEVE_AFTER_MS, FOLLOW_AFTER_MS } from '../../../gateway/clock/gateway-clock'
import { openLog } from '../../../gateway/process/log'
import { watchTimes } from '../../../gateway/clock/time-watch'
import { openTestStore } from '../temporary-store'
import { BUILT, DAY, openMachine, TODAY } from './machine'

describe('the gateway’s clock', () => {
  it('is the wall clock, and is believed at once where it was left a moment ago', () => {
    const { clock, time, pass } = openMachine(TODAY, { known: TODAY - 1000 })
    pass(5000)
    time.wall += 2000
    expect(clock.now()).toBe(TODAY + 7000)
    expect(clock.doubt).toBeUndefined()
  })

  it('begins at the build’s date on a machine that thinks it is 1970, and follows a time server at once', () => {
    const { clock, time, pass } = openMachine(10_000)
    expect(clock.now()).toBe(BUILT)
    expect(clock.doubt?.reason).toBe('before_build')
    pass(3 * 3_600_000)
    expect(clock.doubt?.reason).toBe('before_build')
    time.wall = TODAY
    expect(clock.now()).toBe(TODAY)
    expect(clock.doubt?.reason).toBe('new')
    pass(BELIEVE_AFTER_MS)
    expect(clock.doubt).toBeUndefined()
  })

  it('takes no notice of a clock that is far ahead for some minutes, and deletes nothing meanwhile', () => {
    const { clock, time, pass } = openMachine(TODAY, { known: TODAY })
    pass(FOLLOW_AFTER_MS)
    time.wall += 365 * DAY
    pass(FOLLOW_AFTER_MS - 1)
    expect(clock.now()).toBe(TODAY + 2 * FOLLOW_AFTER_MS - 1)
    expect(clock.doubt).toMatchObject({ reason: 'jumped', by: 365 * DAY })
    time.wall -= 365 * DAY
    expect(clock.now()).toBe(TODAY + 2 * FOLLOW_AFTER_MS - 1)
    expect(clock.doubt).toBeUndefined()
  })

  it.each([
    ['ahead', 3 * DAY],
    ['back', -3 * DAY],
  ])('goes over to a clock that was set %s when it has gone evenly, and believes it later', (_where, by) => {
    const { clock, time, pass } = openMachine(TODAY, { known: TODAY })
    pass(FOLLOW_AFTER_MS)
    time.wall += by
    clock.now()
    pass(FOLLOW_AFTER_MS)
    expect(clock.now()).toBe(TODAY + 2 * FOLLOW_AFTER_MS + by)
    expect(clock.doubt?.reason).toBe('new')
    pass(BELIEVE_AFTER_MS)
    expect(clock.doubt).toBeUndefined()
  })

  it('does not go back behind its last life at once', () => {
    const { clock, pass } = openMachine(TODAY - DAY, { known: TODAY })
    expect(clock.now()).toBe(TODAY)
    expect(clock.doubt?.reason).toBe('behind')
    pass(FOLLOW_AFTER_MS)
    expect(clock.now()).toBe(TODAY - DAY + FOLLOW_AFTER_MS)
  })

  it('has not jumped when the machine slept', () => {
    const { clock, time } = openMachine(TODAY, { known: TODAY })
    time.wall += DAY
    time.uptime += DAY
    expect(clock.now()).toBe(TODAY + DAY)
    expect(clock.doubt).toBeUndefined()
  })
})

/** A log that is kept: a line is a level and what it says. */
function openLines() {
  const lines: string[] = []
  const write = (line: string): void => {
    const { level, msg } = JSON.parse(line) as { level: number; msg: string }
    lines.push(`${pino.levels.labels[level] ?? ''}: ${msg}`)
  }
  return { lines, logger: pino({ level: 'info' }, { write }) }
}

describe('retention', () => {
  const silent = openLog('silent')

  it('says in the log, once each, that the clock is not believed, was followed, is watched, and is believed', async () => {
    const { lines, logger } = openLines()
    const { clock: marks } = await openTestStore()
    const { clock, time, pass } = openMachine(TODAY, { known: TODAY })
    const keeper = new ClockKeeper(clock, marks, logger)
    const look = async (): Promise<void> => {
      for (let count = 0; count < 2; count += 1) await keeper.look()
    }
    pass(FOLLOW_AFTER_MS)
    await look()
    time.wall += DAY
    await look()
    pass(FOLLOW_AFTER_MS)
    await look()
    pass(BELIEVE_AFTER_MS)
    await look()
    expect(lines).toEqual([
      'warn: the clock is not believed: retention holds still',
      'warn: the clock jumped and has gone evenly since: the gateway goes by it from here',
      'info: the clock is watched for an hour: retention holds still',
      'info: the clock is believed: retention goes on',
    ])
  })

  async function start(wall: number, folder?: string) {
    let machine: ReturnType<typeof openMachine> | undefined
    const opened = await openTestStore({
      ...(folder !== undefined && { folder }),
      retention: { maxAgeMs: 30 * DAY, maxCount: 1000 },
      clockOf: (known) => (machine = openMachine(wall, { known })).clock.now,
    })
    if (!machine) throw new Error('no clock was asked for')
    const { clock, time, pass } = machine
    const keeper = new ClockKeeper(clock, opened.clock, silent)
    const trim = async (): Promise<number> => opened.log.trim((await keeper.look()) ? clock.now() : undefined)
    await keeper.look()
    return { ...opened, clock, time, pass, trim }
  }

  const publish = ({ log }: Awaited<ReturnType<typeof start>>) =>
    log.append('topic:a', { body: 'Hello', priority: 3 })

  it('keeps what a gateway accepted that booted in 1970, and counts its age from when the clock was set', async () => {
    const gateway = await start(10_000)
    await publish(gateway)
    gateway.time.wall = TODAY
    gateway.pass(60_000)
    expect(await gateway.trim()).toBe(0)
    gateway.pass(BELIEVE_AFTER_MS)
    expect(await gateway.trim()).toBe(0)
    gateway.pass(29 * DAY)
    expect(await gateway.trim()).toBe(0)
    gateway.pass(2 * DAY)
    expect(await gateway.trim()).toBe(1)
  })

  it('keeps it also when the gateway was killed before anybody set the clock', async () => {
    const first = await start(10_000)
    await publish(first)
    await first.store.close()
    const second = await start(TODAY, first.folder)
    second.pass(BELIEVE_AFTER_MS)
    expect(await second.trim()).toBe(0)
    second.pass(29 * DAY)
    expect(await second.trim()).toBe(0)
    second.pass(3 * DAY)
    expect(await second.trim()).toBe(1)
  })

  it('drops nothing for a clock that was a year ahead for some minutes', async () => {
    const gateway = await start(TODAY)
    gateway.pass(BELIEVE_AFTER_MS)
    await publish(gateway)
    expect(await gateway.trim()).toBe(0)
    gateway.time.wall += 365 * DAY
    gateway.pass(60_000)
    expect(await gateway.trim()).toBe(0)
    gateway.time.wall -= 365 * DAY
    gateway.pass(60_000)
    expect(await gateway.trim()).toBe(0)
    expect(await gateway.log.head('topic:a')).toMatchObject({ from: 1, head: 1 })
  })
})

describe('the times of messages', () => {
  it('go back behind a clock that was ahead, and the log says so once, also after a restart', async () => {
    const { lines, logger } = openLines()
    const time = { now: TODAY + DAY }
    const { log, bus } = await openTestStore({ clockOf: () => () => time.now })
    const publish = () => log.append('topic:a', { body: 'Hello', priority: 3 })
    await publish()
    // A life that begins under the right clock.
    await watchTimes(bus, log, logger)
    time.now = TODAY
    for (let count = 0; count < 3; count += 1) await publish()
    time.now -= 30_000
    await publish()
    expect(lines).toEqual([
      'warn: the clock was ahead: times of messages go back from here, seqs say their order',
    ])
    const [latest] = await log.topics(1)
    expect(latest?.lastTime).toBe(TODAY)
  })
})
