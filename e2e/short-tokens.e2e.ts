import type { BrowserContext } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { JwtBackend, publishEachSecond, TOKEN_LIFE_S, watchPage } from './jwt-backend'
import { openStage } from './stage'
import { until } from './until'

/** A shorter run: `HERALD_TOKENS_S=30`. */
const LASTS_S = Number(process.env.HERALD_TOKENS_S ?? '120')

const stage = openStage()

/** The business' page hands its tokens to Herald. */
async function host(device: BrowserContext, backend: JwtBackend): Promise<void> {
  await device.exposeFunction('askBackend', () => backend.issue('me'))
  await device.addInitScript(`window.heraldHost = { token: () => window.askBackend() }`)
}

/** As the title has it. */
const unreadOf = (count: number): string => (count > 99 ? '(99+)' : `(${String(count)})`)

describe('tokens that live ten seconds', () => {
  it(
    'keep an inbox: nothing missed, nothing doubled, the list never empty, one sign-in',
    { timeout: (LASTS_S + 60) * 1000 },
    async () => {
      const backend = new JwtBackend()
      const gateway = await stage.gateway(backend.env(stage))
      const device = await stage.device()
      await host(device, backend)
      const app = await stage.open(device, gateway.url)
      await app.page.getByText('No messages yet').waitFor()
      await until(async () => (await gateway.connections()) === 1, 'the app is connected')
      const sessionOf = (): Promise<string> =>
        app.page.evaluate(
          () =>
            (JSON.parse(localStorage.getItem('herald.session')!) as { value: { life: string } }).value.life,
        )
      const life = await sessionOf()
      expect(life).toMatch(/^[0-9a-f]{32}$/)
      await gateway.publish('user:me', { title: 'Message 1' })
      await app.waitForRow('Message 1')
      const troubles = await watchPage(app.page)
      const signIns: string[] = []
      app.page.on('request', (request) => {
        if (request.url().endsWith('/v1/sign-in')) signIns.push(request.url())
      })

      const last = await publishEachSecond(gateway, 'user:me', LASTS_S)
      await app.waitForRow(`Message ${String(last)}`)
      const seqs = (await app.storedRows()).map(({ seq }) => seq)
      expect(seqs).toEqual(Array.from({ length: last }, (_, index) => index + 1))
      const titles = await app.titles()
      expect(new Set(titles).size).toBe(titles.length)
      const unread = async (): Promise<boolean> => (await app.page.title()).startsWith(unreadOf(last))
      await until(unread, 'all are unread')
      expect(await troubles()).toEqual([])
      expect(await sessionOf()).toBe(life)
      expect(signIns).toEqual([])
      expect(backend.issued).toBeGreaterThanOrEqual(Math.floor(LASTS_S / TOKEN_LIFE_S))
      // Renewed before they end, and not asked for over and over.
      expect(backend.issued).toBeLessThanOrEqual(Math.ceil(LASTS_S / (TOKEN_LIFE_S * 0.6)) + 2)
      expect(gateway.log.filter(({ name }) => name === 'token_expired')).toEqual([])
    },
  )
})
