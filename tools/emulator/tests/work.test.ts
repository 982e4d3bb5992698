import { describe, expect, it } from 'vitest'
import type { Phone } from '../index'
import { openSocketServer } from './servers'
import { logged, openStage, PLATFORMS, until } from './stage'

const stage = openStage()

const TICK = 'every 100 ms'
const wakeUps = (phone: Phone, cause: string): number => phone.work().wakeUps[cause] ?? 0
const shownTicks = async (phone: Phone): Promise<number> =>
  Number(/Ticks (\d+)/.exec(await phone.page.text())?.[1])

describe.each(PLATFORMS)('the count of what an app does on %s', (platform) => {
  it('has each run of a timer under what set it, and none while the app is frozen', async () => {
    const phone = await stage.phone({ platform })
    expect(wakeUps(phone, TICK)).toBe(0)
    await phone.tap('Start ticks')
    await phone.page.see(/Ticks [1-9]/)
    await phone.passTime(60_000)

    phone.freeze()
    const frozen = phone.work()
    await until(
      'as many as the app has counted',
      async () => (await shownTicks(phone)) === wakeUps(phone, TICK),
    )
    expect(wakeUps(phone, TICK)).toBeGreaterThanOrEqual(600)
    await phone.passTime(60_000)
    expect(phone.work()).toEqual(frozen)

    phone.thaw()
    await until('the tick that was owed', () => wakeUps(phone, TICK) > (frozen.wakeUps[TICK] ?? 0))
  })

  it('has what came over a socket and what was sent', async () => {
    const server = await openSocketServer()
    stage.after(() => server.close())
    const phone = await stage.phone({ platform })
    await phone.page.fill('An address', server.url)
    await phone.tap('Connect')
    await logged(phone, 'first open')
    expect(phone.work()).toMatchObject({ framesSent: 0, wakeUps: { 'socket open': 1 } })

    for (const word of ['one', 'two', 'three']) server.sockets[0]?.send(word)
    await logged(phone, 'first message three')
    await phone.tap('Say hello')
    await until('the greeting', () => server.messages.length === 1)

    expect(phone.work()).toMatchObject({ framesSent: 1, wakeUps: { 'socket message': 3 } })
  })

  it('has statements and transactions of the database, which answer', async () => {
    const phone = await stage.phone({ platform })
    await phone.tap('Notes')
    await phone.tap('Add note')
    await phone.page.see('note 1')
    const before = phone.work()

    await phone.tap('Add three notes')
    await phone.page.see('note 4')

    const { sql } = phone.work()
    // begin, three in one call, commit, and the select for the page.
    expect(sql.calls - before.sql.calls).toBe(4)
    expect(sql.statements - before.sql.statements).toBe(6)
    expect(sql.transactions - before.sql.transactions).toBe(1)
    expect(wakeUps(phone, 'answer') - (before.wakeUps.answer ?? 0)).toBeGreaterThanOrEqual(4)
  })

  it('has what pages are sent, and how much of it nobody sees', async () => {
    const phone = await stage.phone({ platform })
    await phone.tap('Start ticks')
    await phone.page.see(/Ticks [1-9]/)
    const { view } = phone.work()
    expect(view.messages).toBeGreaterThan(0)
    expect(view.bytes).toBeGreaterThan(view.messages)

    await phone.tap('Notes')
    await phone.page.see('Problem')
    const hidden = phone.work().view.toHidden
    await until('ticks of the page behind', () => phone.work().view.toHidden > hidden + 2)
  })
})
