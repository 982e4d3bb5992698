import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { untilEqual } from './until'

const stage = openStage()

const TITLE = 'انقطاع التيار الكهربائي'
const BODY = 'يرجى الاتصال بالمناوب'

describe('a text', () => {
  it('runs in the direction of its own first letter, in banner, row and page', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: TITLE, body: `${BODY}\nsecond line` })
    const directionOf = (text: string, within: string) =>
      app.page
        .locator(`${within} >> text=${text}`)
        .first()
        .evaluate((element) => getComputedStyle(element).direction)
    await app.banner.getByText(TITLE).waitFor()
    expect(await directionOf(TITLE, '#herald-overlay')).toBe('rtl')
    expect(await directionOf(BODY, '#herald-overlay')).toBe('rtl')
    await app.clearBanner()
    await app.waitForRow(TITLE)
    expect(await directionOf(TITLE, '.row')).toBe('rtl')
    await app.openRow(TITLE)
    expect(await directionOf(TITLE, '.message:visible')).toBe('rtl')
    expect(await directionOf(BODY, '.message:visible')).toBe('rtl')
    await gateway.publish('user:me', { title: 'English', body: `and ${TITLE} within` })
    await app.banner.getByText('English').waitFor()
    expect(await directionOf('English', '#herald-overlay')).toBe('ltr')
    expect(await directionOf('and', '#herald-overlay')).toBe('ltr')
  })

  it('keeps the words of a table whole on a phone: the table scrolls', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await app.page.setViewportSize({ width: 320, height: 640 })
    const cells = ['Wednesday', 'unavailable', 'replication', 'maintenance', 'synchronous']
    const body = `|${cells.join('|')}|\n|${cells.map(() => '-').join('|')}|\n|${cells.join('|')}|`
    await gateway.publish('user:me', { title: 'Table', body, markdown: true })
    await app.clearBanner()
    await app.openRow('Table')
    const table = app.page.locator('.message:visible .table')
    await table.getByText('synchronous').first().waitFor()
    const lines = () =>
      table.evaluate((element) =>
        [...element.querySelectorAll('.table-cell .run')].map((run) => run.getClientRects().length),
      )
    await untilEqual(lines, Array<number>(cells.length * 2).fill(1))
    expect(await table.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true)
    const page = await app.page.evaluate(() => document.documentElement.scrollWidth)
    expect(page).toBeLessThanOrEqual(320)
  })
})
