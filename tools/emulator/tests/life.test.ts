import { describe, expect, it } from 'vitest'
import type { Phone } from '../index'
import { logged, openStage, PLATFORMS, until } from './stage'

const stage = openStage()

describe.each(PLATFORMS)('the life of an app on %s', (platform) => {
  it('hides and shows the app and its page', async () => {
    const phone = await stage.phone({ platform })

    phone.background()
    await logged(phone, 'app hide')
    await logged(phone, 'home hide')
    phone.foreground()

    await until('a second show', () => count(phone.console.texts, 'app show') === 2)
    await until('the page is shown again', () => count(phone.console.texts, 'home show') === 2)
  })

  it('starts behind, where nobody sees it', async () => {
    const phone = await stage.phone({ platform })
    await phone.relaunch({ behind: true })
    await until('it was shown and hidden', () => count(phone.console.texts, 'app hide') === 1)
    phone.foreground()
    await until('it is shown', () => count(phone.console.texts, 'app show') === 3)
  })

  it('stops its timers while frozen, and owes one tick at the thaw', async () => {
    const phone = await stage.phone({ platform })
    await phone.tap('Start ticks')
    await phone.page.see(/Ticks [1-9]/)

    phone.background()
    phone.freeze()
    const before = ticksRun(phone)
    await phone.passTime(500)
    expect(ticksRun(phone)).toBe(before)
    phone.foreground()

    // Five were missed: one is made good at once.
    expect(ticksRun(phone)).toBe(before + 1)
    await until('ticks again', async () => (await ticks(phone)) > before + 1)
  })

  it('lets time pass without waiting for it: every timer runs, and the clock goes on', async () => {
    const phone = await stage.phone({ platform })
    const before = phone.clock.now()
    await phone.tap('Start ticks')
    await phone.page.see(/Ticks [1-9]/)

    await phone.passTime(60_000)

    await phone.page.see(/Ticks [6-9]\d\d/)
    expect(phone.clock.now() - before).toBeGreaterThanOrEqual(60_000)
    const then = await ticks(phone)
    await until('ticks at their own pace', async () => (await ticks(phone)) > then)
    expect(await ticks(phone)).toBeLessThan(then + 20)
  })

  it('keeps its storage and its database over a kill', async () => {
    const phone = await stage.phone({ platform, data: stage.folder() })
    await phone.tap('Add one')
    await phone.page.see('Count 1')
    await phone.tap('Notes')
    await phone.tap('Add note')
    await phone.page.see("note 1 it's 短信")

    await phone.kill()
    expect(phone.running).toBe(false)
    await phone.relaunch()

    await phone.page.see('Count 1')
    await phone.tap('Notes')
    await phone.page.see("note 1 it's 短信")
    expect(phone.console.errors).toEqual([])
  })

  it('cannot write when storage is full, and can again when it is not', async () => {
    const phone = await stage.phone({ platform })
    await phone.tap('Notes')
    await phone.tap('Add note')
    await phone.page.see('note 1')

    phone.lowStorage(true)
    await phone.tap('Add a large note')
    await phone.page.see(/database or disk is full/)
    phone.lowStorage(false)
    await phone.tap('Add note')

    await phone.page.see('note 2')
    await phone.page.seeNot('disk is full')
  })

  it('has the clock that the phone is set to', async () => {
    const phone = await stage.phone({ platform })
    const day = 86_400_000

    phone.clock.shift(-day)
    await phone.tap('Time')

    await logged(phone, `day ${Math.floor((Date.now() - day) / day)}`)
  })

  it('ends by the back button of Android, pressed twice, and never by the swipe of iOS', async () => {
    const phone = await stage.phone({ platform })

    phone.back()
    phone.back()

    if (platform === 'ios') expect(phone.running).toBe(true)
    else await until('the app has ended', () => !phone.running)
  })
})

const ticksRun = (phone: Phone): number => phone.work().wakeUps['every 100 ms'] ?? 0

function count(lines: readonly string[], words: string): number {
  return lines.filter((line) => line.includes(words)).length
}

async function ticks(phone: Phone): Promise<number> {
  return Number(/Ticks (\d+)/.exec(await phone.page.text())?.[1])
}
