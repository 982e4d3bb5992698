import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Locator } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { SMALL_PHONE } from './browser'
import type { GatewayProcess } from './gateway-process'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()

async function publish(gateway: GatewayProcess, title: string): Promise<string> {
  const { body } = await gateway.publish('user:me', { title, body: `about ${title}` })
  return `#/pages/message/message?id=${String(body.id)}`
}

/** Types an address into the tab that is open. */
async function goToAddress(app: HeraldApp, hash: string): Promise<void> {
  await app.page.evaluate((next) => {
    location.hash = next
  }, hash)
}

/** Names of the controls in here that something else lies on. */
const coveredIn = (place: Locator): Promise<string[]> =>
  place.evaluate((root) => {
    const controls = [...root.querySelectorAll('[role=button],[role=radio]')]
    const covered = controls.filter((control) => {
      const { x, y, width, height } = control.getBoundingClientRect()
      const corners = [0.1, 0.5, 0.9].map((part) =>
        document.elementFromPoint(x + width / 2, y + height * part),
      )
      return corners.some((top) => top !== null && !control.contains(top))
    })
    return covered.map((control) => control.getAttribute('aria-label') ?? control.textContent)
  })

/** Whether all of an element's text fits, and whether what does not ends in an ellipsis within its parent. */
const cutOf = (text: Locator): Promise<{ isCut: boolean; ends: string; lines: number; sticksOut: boolean }> =>
  text.evaluate((element) => {
    const style = getComputedStyle(element)
    const { right, height } = element.getBoundingClientRect()
    const parent = element.parentElement?.getBoundingClientRect()
    return {
      isCut: element.scrollWidth > element.clientWidth,
      ends: style.textOverflow,
      lines: Math.round(height / Number.parseFloat(style.lineHeight)),
      sticksOut: right > innerWidth || (parent !== undefined && right > parent.right + 1),
    }
  })

describe('an address', () => {
  it('shows what it names when it is typed over another of the same page, and so do back and forward', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    app.expectProblem(/404 \(Not Found\) .*no-such-message/)
    const first = await publish(gateway, 'First')
    const second = await publish(gateway, 'Second')
    await app.waitForUnread(2)
    await app.page.goto(`${gateway.url}/${first}`)
    await app.page.reload()
    await app.messageTitle('First').waitFor()

    await goToAddress(app, second)
    await app.messageTitle('Second').waitFor()
    await app.page.locator('.message:visible').getByText('about Second').waitFor()
    await app.waitForUnread(0)
    await app.page.goBack()
    await app.messageTitle('First').waitFor()
    await app.page.goForward()
    await app.messageTitle('Second').waitFor()
    await goToAddress(app, '#/pages/message/message?id=no-such-message')
    await app.page.getByText('This message is gone').waitFor()
    // Left and come back to: uni keeps the page, with what it showed last.
    await goToAddress(app, '#/pages/settings/settings')
    await app.page.getByRole('switch').first().waitFor()
    await goToAddress(app, first)
    await app.messageTitle('First').waitFor()
    await gateway.publish('user:me', { title: 'Third', body: 'by the banner' })
    await app.banner.getByText('Third').click()
    await app.messageTitle('Third').waitFor()
    await app.page.goBack()
    await app.messageTitle('First').waitFor()
    await goToAddress(app, '#/no/such/page')
    await untilEqual(() => app.titles(), ['Third', 'Second', 'First'])
  })
})

describe('the banner', () => {
  it('covers no control of the inbox, whose list shows the message, nor the way back from a message', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('topic:ops', { title: 'Not followed', body: 'x' })
    await gateway.publish('all', { title: 'Fire', body: 'in the kitchen', priority: 5 })
    await app.banner.getByText('Fire').waitFor()
    await app.banner.getByText('in the kitchen').waitFor()
    await app.waitForRow('Fire')
    expect(await coveredIn(app.page.locator('.header'))).toEqual([])
    await app.page.getByRole('button', { name: 'Search messages' }).click()
    await app.page.getByRole('searchbox').fill('kitchen')
    await app.clearBanner()

    await app.openRow('Fire')
    await gateway.publish('all', { title: 'Smoke', body: 'on the stairs', priority: 5 })
    await app.banner.getByText('Smoke').waitFor()
    await until(
      async () => (await coveredIn(app.page.locator('.uni-page-head:visible'))).length === 0,
      'free',
    )
    await app.goBack()
    await app.page.locator('.header:visible').waitFor()
    await app.banner.getByText('Smoke').waitFor()
    await until(async () => (await coveredIn(app.page.locator('.header'))).length === 0, 'free in the inbox')
  })
})

describe('an inbox that was scrolled', () => {
  it('is drawn where the window is, by whatever way one comes back to it', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const titles = Array.from({ length: 40 }, (_, index) => ({ title: `Row ${index + 1}`, body: '.' }))
    await gateway.publishMany('user:me', titles, 1)
    await app.waitForUnread(40)
    await app.withoutBanner()
    const back: (() => Promise<void>)[] = [
      () => goToAddress(app, '#/pages/inbox/inbox'),
      () => app.goBack(),
      () => goToAddress(app, '#/'),
    ]
    for (const come of back) {
      await app.page.evaluate(() => scrollTo(0, 1600))
      await app.page.locator('.list').getByText('Row 20', { exact: true }).click()
      await app.messageTitle('Row 20').waitFor()
      await come()
      await until(() => isListDrawn(app), 'rows fill the screen')
      expect(await app.page.locator('.list:visible').count()).toBe(1)
    }
  })
})

/** Whether a row or a day stands at each height of the screen where the list is. */
const isListDrawn = (app: HeraldApp): Promise<boolean> =>
  app.page.evaluate(() => {
    const list = document.querySelector('.list')?.getBoundingClientRect()
    if (!list) return false
    const heights = [0.3, 0.5, 0.7, 0.85].map((part) => innerHeight * part)
    return heights
      .filter((y) => y > list.top && y < list.bottom)
      .every((y) => document.elementFromPoint(innerWidth / 2, y)?.closest('.row, .day') !== null)
  })

describe('a question', () => {
  it('keeps long names within its box, and says a title in the direction of its script', async () => {
    const gateway = await stage.gateway()
    const user = { id: `anna.${'long.name.'.repeat(5)}end`, name: 'Anna' }
    await gateway.request('POST', '/v1/users', { body: user })
    const app = await stage.signIn(gateway, { viewport: SMALL_PHONE })
    await gateway.publish('user:me', { title: 'تنبيه (srv-3)', body: 'x' })
    await app.clearBanner()
    await app.page.locator('.list .menu').first().getByRole('button').click()
    const title = app.dialog.locator('.title')
    // The last word of a text that runs to the left stands left of its first.
    const sides = await title.evaluate((element) => {
      const text = element.querySelector('span')?.firstChild ?? element.firstChild
      const sideOf = (from: number): number => {
        const range = document.createRange()
        range.setStart(text as Node, from)
        range.setEnd(text as Node, from + 1)
        return range.getBoundingClientRect().left
      }
      return { first: sideOf(0), last: sideOf((text?.textContent?.length ?? 0) - 2) }
    })
    expect(sides.first).toBeGreaterThan(sides.last)
    await app.page.keyboard.press('Escape')

    await app.page.goto(await gateway.signInLink(user.id))
    await app.dialog.getByText(user.id).first().waitFor()
    expect(
      await app.dialog.evaluate((box) => [
        box.scrollWidth - box.clientWidth,
        ...[...box.children].map((part) => part.scrollWidth - part.clientWidth),
      ]),
    ).toEqual([0, 0, 0, 0, 0])
    await app.dialog.getByRole('button', { name: 'Cancel' }).click()
  })
})

describe('a filtered inbox', () => {
  it('says what it leaves out and how to leave, and keeps the chosen feed in view, a long name beside a mark on one line', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { viewport: SMALL_PHONE })
    const { token } = await gateway.readToken('me')
    const last = `zone-${'very-long-'.repeat(5)}end`
    for (const topic of ['alpha', 'beta', 'gamma', 'delta', last])
      await gateway.request('PUT', `/v1/me/feeds/topic:${topic}`, { token, body: {} })
    await gateway.publish(`topic:${last}`, { title: 'In the last', body: 'x', priority: 5 })
    await gateway.publish('all', { title: 'For all', body: 'x' })
    await app.waitForUnread(2)
    await app.goTo('Feeds')
    await app.withoutBanner()
    await app.page.getByText(last, { exact: true }).filter({ visible: true }).first().click()

    await untilEqual(() => app.titles(), ['In the last'])
    const chip = app.page.getByRole('radio', { name: last })
    await until(
      () =>
        chip.evaluate((element) => {
          const { left, right } = element.getBoundingClientRect()
          return left >= 0 && right <= innerWidth
        }),
      'the chip is in view',
    )
    expect(await cutOf(chip.locator('.words'))).toEqual({
      ...{ isCut: true, ends: 'ellipsis', lines: 1, sticksOut: false },
    })
    const note = app.page.getByText(`Only “${last}”`)
    await note.waitFor()
    await app.page.getByRole('radio', { name: /^Unread/ }).click()
    await app.page.getByText(`Only unread messages of “${last}”`).waitFor()
    await app.page.getByRole('button', { name: 'Show all messages' }).click()
    await untilEqual(() => app.titles(), ['For all', 'In the last'])
    expect(await app.page.locator('.only').count()).toBe(0)
    const cutBeside = { isCut: true, ends: 'ellipsis', lines: 1, sticksOut: false }
    const row = app.row('In the last')
    expect(await cutOf(row.locator('.feed'))).toEqual(cutBeside)
    expect(await cutOf(row.locator('.mark'))).toMatchObject({ isCut: false, lines: 1, sticksOut: false })
    await app.openRow('In the last')
    const head = app.page.locator('.message:visible .head')
    expect(await cutOf(head.locator('.feed'))).toEqual(cutBeside)
    expect(await cutOf(head.locator('.mark'))).toMatchObject({ isCut: false, lines: 1, sticksOut: false })
    expect(await app.page.evaluate(() => document.documentElement.scrollWidth)).toBe(SMALL_PHONE.width)
  })

  it('has the focus in its search when that opens, and gives it back when Escape closes it', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await publish(gateway, 'Milk')
    await publish(gateway, 'Bread')
    await app.waitForUnread(2)
    await app.clearBanner()
    await app.page.getByRole('button', { name: 'Search messages' }).click()
    await app.page.keyboard.type('bread')
    await untilEqual(() => app.titles(), ['Bread'])
    await app.page.keyboard.press('Escape')
    await untilEqual(() => app.titles(), ['Bread', 'Milk'])
    expect(await app.page.getByRole('searchbox').count()).toBe(0)
    await app.page.keyboard.press('Enter')
    await app.page.getByRole('searchbox').waitFor()
  })
})

describe('the tab bar', () => {
  it('has its icons after a start without a network', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    app.expectProblem(/ERR_INTERNET_DISCONNECTED/)
    await app.waitUntilKept()
    await device.setOffline(true)
    await app.page.reload()
    await app.page.locator('.uni-tabbar').waitFor()
    const widths = () =>
      app.page
        .locator('.uni-tabbar img')
        .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth > 0))
    await untilEqual(widths, [true, true, true])
  })
})

describe('the name of a topic', () => {
  it('stays in its field when following it fails, and goes when it is followed', async () => {
    const gateway = await stage.gateway({ HERALD_USER_TOPICS: '1' })
    const app = await stage.signIn(gateway)
    app.expectProblem(/\/v1\/me\/feeds\/topic/)
    await app.goTo('Feeds')
    const field = app.page.getByRole('textbox', { name: 'Topic name' })
    await field.fill('first')
    await field.press('Enter')
    await app.toast.getByText('Following first').waitFor()
    await untilEqual(() => field.inputValue(), '')
    await field.fill('second')
    await field.press('Enter')
    await app.toast.getByText('You follow as many topics as this server allows.').waitFor()
    expect(await field.inputValue()).toBe('second')
  })
})

describe('a message', () => {
  it('keeps long labels and stacked marks within their places on a small phone', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { viewport: SMALL_PHONE })
    const zalgo = `Z${'\u0301\u0323'.repeat(45)}algo`
    await gateway.publish('user:me', {
      title: zalgo,
      body: `${zalgo}\n\nsecond`,
      priority: 5,
      markdown: true,
      tags: [zalgo.slice(0, 40)],
      actions: [{ label: 'An action whose LABEL is AS LONG as it M', link: 'https://example.com' }],
    })
    const spills = (place: Locator) =>
      place.evaluateAll((elements) => elements.map((element) => getComputedStyle(element).overflow))
    await app.banner.getByText(zalgo).first().waitFor()
    expect(await spills(app.banner.locator('.title'))).toEqual(['hidden'])
    await app.clearBanner()
    expect(await spills(app.row(zalgo).locator('.title, .preview'))).toEqual(['hidden', 'hidden'])
    await app.openRow(zalgo)
    const message = app.page.locator('.message:visible')
    await message.locator('.runs').nth(1).waitFor()
    expect(new Set(await spills(message.locator('.title, .runs, .tag')))).toEqual(new Set(['hidden']))
    const label = message.getByRole('button', { name: 'An action' }).locator('.words')
    expect(await cutOf(label)).toEqual({ isCut: true, ends: 'ellipsis', lines: 1, sticksOut: false })
    expect(await app.page.evaluate(() => document.documentElement.scrollWidth)).toBe(SMALL_PHONE.width)
    await app.goBack()
    await app.row(zalgo).getByRole('button', { name: 'More' }).click()
    expect(await spills(app.dialog.locator('.title'))).toEqual(['hidden'])
    await app.page.keyboard.press('Escape')
  })

  it('is never blank: markdown that shows nothing is read as text, or says that there is none', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { body: '[WARN]: restarted', markdown: true })
    await app.banner.getByText('WARN: restarted').waitFor()
    await app.clearBanner()
    await app.page.locator('.list .preview').getByText('WARN: restarted').click()
    await app.page.locator('.message:visible').getByText('WARN: restarted', { exact: true }).waitFor()
    await gateway.publish('user:me', { body: '[](https://example.com)', markdown: true })
    await app.banner.getByText('Message without text').click()
    await app.page.locator('.message:visible').getByText('Message without text').waitFor()
  })
})

describe('a line with a button', () => {
  it('keeps the words beside it readable on a small phone, and its button within the line', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { viewport: SMALL_PHONE })
    await app.goTo('Settings')
    await app.page.getByRole('button', { name: 'Devices' }).click()
    for (const name of ['Send a test', 'Send a push']) {
      const button = app.page.getByRole('button', { name })
      await button.waitFor()
      const line = app.page.locator('.line').filter({ has: button })
      const [words, control, whole] = await Promise.all([
        line.locator('.texts').boundingBox(),
        button.boundingBox(),
        line.boundingBox(),
      ])
      expect(words?.width, name).toBeGreaterThanOrEqual(160)
      expect((control?.x ?? 0) + (control?.width ?? 0)).toBeLessThanOrEqual(
        (whole?.x ?? 0) + (whole?.width ?? 0),
      )
    }
  })
})

describe('the command of the empty inbox', () => {
  it('works when it is pasted', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway, { locale: 'zh-CN' })
    const folder = mkdtempSync(join(tmpdir(), 'herald-paste-'))
    stage.after(() => {
      rmSync(folder, { recursive: true, force: true })
    })
    mkdirSync(join(folder, 'data'))
    writeFileSync(join(folder, 'data', 'publish-token'), `${gateway.publishToken}\n`)
    const command = await app.page.locator('.curl').innerText()
    await promisify(execFile)('/bin/sh', ['-c', command], { cwd: folder })
    await app.page.locator('.list .preview').getByText('你好，来自我的服务器').waitFor()
  })
})
