import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { until } from '../../../e2e/until'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { openStage, withApp, type BenchOptions } from './stage'

/** Far enough apart that no two alerts are a flood (services/presentation/flood.ts). */
const SPACING_MS = 600

/** From the publish to the page, in ms, each time. */
export interface Latencies {
  readonly banner: readonly number[]
  readonly echo: readonly number[]
}

/** Publishes in turn to the app, which shows a banner, and to a bare websocket in the same page, which does nothing. */
export async function measureBanner(
  browser: Browser,
  samples: number,
  options: BenchOptions,
): Promise<Latencies> {
  const stage = await openStage(options)
  const { gateway } = stage
  try {
    return await withApp(
      browser,
      stage,
      async (page) => {
        await watchForBanner(page.page)
        await openBareSocket(page.page, gateway)
        await page.slowDown(options.slowdown)
        const banner: number[] = []
        const echo: number[] = []
        // The first of each meets cold code, and a sound that has to be set up.
        for (let sample = -2; sample < samples; sample += 1) {
          const times = {
            banner: await publishAndWait(page.page, gateway, 'user:me', `Banner ${String(sample)}`),
            echo: await publishAndWait(page.page, gateway, 'user:echo', `Echo ${String(sample)}`),
          }
          if (sample < 0) continue
          banner.push(times.banner)
          echo.push(times.echo)
        }
        return { banner, echo }
      },
      gateway.url,
    )
  } finally {
    await stage.close()
  }
}

/** The page keeps when what is awaited came: to ask it meanwhile would take its time from the banner. */
type Watched = Window & { awaited: string; arrivedAt: number; arrived: (title: string) => void }

/** Notes when a banner is in the document, and takes it away a moment later. */
async function watchForBanner(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watched = window as unknown as Watched
    watched.arrived = (title) => {
      if (title !== watched.awaited) return
      watched.arrivedAt = performance.timeOrigin + performance.now()
      watched.awaited = ''
    }
    new MutationObserver(() => {
      const banner = document.querySelector<HTMLElement>('#herald-overlay .banner')
      const title = banner?.querySelector('.title')?.textContent
      if (!banner || !title || title !== watched.awaited) return
      if (banner.style.display === 'none') return
      watched.arrived(title)
      setTimeout(() => {
        const close = [...banner.querySelectorAll<HTMLElement>('[role="button"]')].at(-1)
        close?.click()
      }, 100)
    }).observe(document, { childList: true, subtree: true, characterData: true })
  })
}

/** The least that gets messages of a gateway: hello, and a look at the clock for each frame. */
async function openBareSocket(page: Page, gateway: GatewayProcess): Promise<void> {
  await gateway.request('POST', '/v1/users', { body: { id: 'echo' } })
  const { token } = await gateway.readToken('echo')
  const before = await gateway.connections()
  await page.evaluate(
    ({ url, token }) => {
      const socket = new WebSocket(url, 'herald.v1')
      const device = { id: 'bare-echo', platform: 'other' }
      socket.onopen = () => {
        socket.send(JSON.stringify({ type: 'hello', token, device, state: 'foreground', cursors: {} }))
      }
      socket.onmessage = ({ data }) => {
        const title = /"title":"([^"]*)"/.exec(String(data))?.[1]
        if (title !== undefined) (window as unknown as Watched).arrived(title)
      }
    },
    { url: `${gateway.url.replace('http', 'ws')}/v1/socket`, token },
  )
  await until(async () => (await gateway.connections()) > before, 'the bare socket is connected')
}

async function publishAndWait(
  page: Page,
  gateway: GatewayProcess,
  feed: string,
  title: string,
): Promise<number> {
  await page.evaluate((awaited) => Object.assign(window, { awaited, arrivedAt: 0 }), title)
  const publishedAt = performance.timeOrigin + performance.now()
  await gateway.request('POST', `/v1/feeds/${feed}/messages`, {
    token: gateway.publishToken,
    body: { title, body: 'What the page does with it is measured.' },
  })
  await pause(SPACING_MS)
  const arrivedAt = await until(
    () => page.evaluate(() => (window as unknown as Watched).arrivedAt),
    `${title} is in the page`,
  )
  return arrivedAt - publishedAt
}
