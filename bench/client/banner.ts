import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { until } from '../../e2e/until'
import type { GatewayProcess } from '../../e2e/gateway-process'
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

type Watched = Window & { arrivedAt: Record<string, number> }

/** Notes by its title when a banner is in the document, and takes it away a moment later. */
async function watchForBanner(page: Page): Promise<void> {
  await page.evaluate(() => {
    const arrivedAt: Record<string, number> = {}
    Object.assign(window, { arrivedAt })
    new MutationObserver(() => {
      const banner = document.querySelector('#herald-overlay .banner')
      const title = banner?.querySelector('.title')?.textContent
      if (!banner || !title || arrivedAt[title] !== undefined) return
      arrivedAt[title] = performance.timeOrigin + performance.now()
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
        const now = performance.timeOrigin + performance.now()
        const title = /"title":"([^"]*)"/.exec(String(data))?.[1]
        if (title !== undefined) (window as unknown as Watched).arrivedAt[title] = now
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
  const publishedAt = performance.timeOrigin + performance.now()
  await gateway.request('POST', `/v1/feeds/${feed}/messages`, {
    token: gateway.publishToken,
    body: { title, body: 'What the page does with it is measured.' },
  })
  const arrivedAt = await until(
    () => page.evaluate((name) => (window as unknown as Watched).arrivedAt[name], title),
    `${title} is in the page`,
  )
  await pause(SPACING_MS)
  return arrivedAt - publishedAt
}
