import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { SMALL_PHONE } from './browser'
import { openStage } from './stage'
import { untilEqual } from './until'

const stage = openStage()

const TITLE = 'انقطاع التيار الكهربائي'
const BODY = 'يرجى الاتصال بالمناوب'
const LONG = `${TITLE} ${BODY} `.repeat(3).trim()

/** Of a line that is too long: whether its first and its last letter are within its box, and how it ends. */
const shownOf = (line: Locator): Promise<{ first: boolean; last: boolean; ends: string }> =>
  line.evaluate((element) => {
    const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode()
    if (text === null) throw new Error('there is no text')
    const box = element.getBoundingClientRect()
    const isShown = (at: number): boolean => {
      const range = document.createRange()
      range.setStart(text, at)
      range.setEnd(text, at + 1)
      const { left, right } = range.getBoundingClientRect()
      return left >= box.left - 1 && right <= box.right + 1
    }
    const last = (text.textContent?.length ?? 0) - 1
    return { first: isShown(0), last: isShown(last), ends: getComputedStyle(element).textOverflow }
  })

describe('a text', () => {
  it('runs in the direction of its own first letter, in banner, row and page', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: TITLE, body: `${BODY}\u2028second\u0085third` })
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
    await app.row(TITLE).getByText(`${BODY} second third`, { exact: true }).waitFor()
    await app.openRow(TITLE)
    expect(await app.page.locator('.message:visible .runs').innerText()).toBe(`${BODY}\nsecond\nthird`)
    expect(await directionOf(TITLE, '.message:visible')).toBe('rtl')
    expect(await directionOf(BODY, '.message:visible')).toBe('rtl')
    await gateway.publish('user:me', { title: 'English', body: `and ${TITLE} within` })
    await app.banner.getByText('English').waitFor()
    expect(await directionOf('English', '#herald-overlay')).toBe('ltr')
    expect(await directionOf('and', '#herald-overlay')).toBe('ltr')
  })

  it('ends in an ellipsis where it ends, from right to left too', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { viewport: SMALL_PHONE })
    await gateway.publish('user:me', { title: LONG, body: LONG })
    const cut = { first: true, last: false, ends: 'ellipsis' }
    await app.banner.waitFor()
    expect(await shownOf(app.banner.locator('.title'))).toEqual(cut)
    expect(await shownOf(app.banner.locator('.text'))).toEqual(cut)
    await app.clearBanner()
    expect(await shownOf(app.row(LONG).locator('.title'))).toEqual(cut)
    expect(await shownOf(app.row(LONG).locator('.preview'))).toEqual(cut)
  })

  it('keeps the words of a table whole on a phone, whose table scrolls, and code from left to right', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await app.page.setViewportSize({ width: 320, height: 640 })
    const cells = ['12 min 10 s', 'shop-replica-1', 'misunderstandings', 'unavailable', 'synchronous']
    const columns = `|${cells.join('|')}|\n|${cells.map(() => '-').join('|')}|\n|${cells.join('|')}|`
    await gateway.publish('user:me', {
      title: 'Table',
      body: `${BODY} \`/var/log/\`\n\n${columns}`,
      markdown: true,
    })
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
    const code = app.page.locator('.message:visible .inline-code')
    expect(await code.evaluate((element) => getComputedStyle(element).direction)).toBe('ltr')
    expect(await code.evaluate((element) => getComputedStyle(element).unicodeBidi)).toBe('isolate')
    const page = await app.page.evaluate(() => document.documentElement.scrollWidth)
    expect(page).toBeLessThanOrEqual(320)
  })
})
