import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()
const COUNT = 10_000
const WITHOUT_LIMITS = { HERALD_RATE_PUBLISH: '0', HERALD_RATE_REQUESTS: '0', HERALD_RATE_ADDRESS: '0' }
const SCROLL_TIMEOUT_MS = 80_000

/** Far above what it takes, and far below what a person would call broken. */
const BOUND_MS = 5000

const titleOf = (number: number): string => `Message ${String(number).padStart(5, '0')}`

describe('ten thousand messages that were published while the device was away', () => {
  it('are counted at once, shown from the newest, announced as one and can be scrolled to the oldest', async () => {
    const gateway = await stage.gateway(WITHOUT_LIMITS)
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    await app.page.close()
    await until(async () => (await gateway.connections()) === 0, 'the device is away')
    const published = Date.now()
    const bodies = Array.from({ length: COUNT }, (_, index) => ({
      title: titleOf(index),
      body: 'published while away',
    }))
    // Published side by side the rest is in any order; the ends, which are looked for below, are not.
    await gateway.publishMany('user:me', bodies.slice(0, 1))
    await gateway.publishMany('user:me', bodies.slice(1, -1), 128)
    await gateway.publishMany('user:me', bodies.slice(-1))
    const publishMs = Date.now() - published

    await device.addInitScript(() => {
      const times = { welcome: 0, newest: 0, count: 0 }
      const banners: string[] = []
      Object.assign(window, { times, banners })
      const Native = window.WebSocket
      window.WebSocket = class extends Native {
        constructor(url: string | URL, protocols?: string | string[]) {
          super(url, protocols)
          this.addEventListener('message', ({ data }) => {
            if (String(data).startsWith('{"type":"welcome"')) times.welcome ||= performance.now()
          })
        }
      }
      new MutationObserver(() => {
        const row = document.querySelector('.list .title')?.textContent
        if (row === 'Message 09999') times.newest ||= performance.now()
        if (document.title.startsWith('(99+)')) times.count ||= performance.now()
        const banner = document.querySelector('#herald-overlay .banner .title')?.textContent
        if (banner && banners.at(-1) !== banner) banners.push(banner)
      }).observe(document, { childList: true, subtree: true, characterData: true })
    })
    const back = await stage.open(device, gateway.url)
    await back.waitForRow(titleOf(COUNT - 1))
    await back.page.getByRole('radio', { name: `Unread ${COUNT}` }).waitFor()
    await back.waitForUnread(99)

    const { times, banners } = await back.page.evaluate(() => {
      const watched = window as unknown as {
        times: Record<'welcome' | 'newest' | 'count', number>
        banners: string[]
      }
      return { times: watched.times, banners: watched.banners }
    })
    report('published 10,000 over HTTP in', publishMs)
    report('newest row after the welcome', times.newest - times.welcome)
    report('unread count after the welcome', times.count - times.welcome)
    expect(times.newest - times.welcome).toBeLessThan(BOUND_MS)
    expect(times.count - times.welcome).toBeLessThan(BOUND_MS)
    expect(banners.length).toBeLessThanOrEqual(1)
    expect((await back.notificationTags()).length).toBeLessThanOrEqual(1)
    await back.withoutBanner()

    const started = Date.now()
    await back.page.mouse.move(180, 400)
    let most = 0
    await until(
      async () => {
        for (let notch = 0; notch < 10; notch++) await back.page.mouse.wheel(0, 4000)
        most = Math.max(most, await back.page.evaluate(() => document.querySelectorAll('*').length))
        return (await back.titles()).includes(titleOf(0))
      },
      'the oldest message is on the screen',
      SCROLL_TIMEOUT_MS,
    )
    report('scrolled to the oldest in', Date.now() - started)
    report('most DOM nodes', most)
    expect(most).toBeLessThan(2500)
    await back.page.getByText('No more messages.').waitFor()
  }, 120_000)
})

function report(what: string, value: number): void {
  process.stdout.write(`    ${what}: ${Math.round(value)}\n`)
}
