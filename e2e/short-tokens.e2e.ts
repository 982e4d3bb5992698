import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { GatewayProcess } from './gateway-process'
import { openStage } from './stage'
import { until } from './until'

/** A shorter run: `HERALD_TOKENS_S=30`. */
const LASTS_S = Number(process.env.HERALD_TOKENS_S ?? '120')
const TOKEN_LIFE_S = 10

const stage = openStage()

/** The backend of a business: it signs JWTs that live ten seconds. */
class Backend {
  readonly #key = randomBytes(48).toString('base64url')
  user = 'me'
  issued = 0

  async gateway(): Promise<GatewayProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-jwt-'))
    stage.after(() => {
      rmSync(folder, { recursive: true, force: true })
    })
    const key = join(folder, 'key')
    writeFileSync(key, this.#key)
    return stage.gateway({
      HERALD_JWT_ALG: 'HS256',
      HERALD_JWT_ISSUER: 'https://shop.example.com',
      HERALD_JWT_AUDIENCE: 'herald',
      HERALD_JWT_KEY_FILE: key,
    })
  }

  issue(): string {
    this.issued += 1
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: 'https://shop.example.com', aud: 'herald', sub: this.user, iat }
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: 'HS256' })}.${part({ ...claims, exp: iat + TOKEN_LIFE_S })}`
    return `${signed}.${createHmac('sha256', this.#key).update(signed).digest('base64url')}`
  }

  /** The business' page hands its tokens to Herald. */
  async host(device: BrowserContext): Promise<void> {
    await device.exposeFunction('askBackend', () => this.issue())
    await device.addInitScript(`window.heraldHost = { token: () => window.askBackend() }`)
  }
}

/** Notes, at every change of the page, when the list had no row or the sign-in page was there. */
async function watchPage(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(() => {
    const seen: string[] = []
    const look = (): void => {
      if (document.querySelectorAll('.list .row').length === 0) seen.push('the list was empty')
      if (location.hash.includes('sign-in')) seen.push('the sign-in page was there')
    }
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true })
    window.addEventListener('hashchange', look)
    Object.assign(window, { seen })
  })
  return () => page.evaluate(() => (window as unknown as { seen: string[] }).seen)
}

/** As the title has it. */
const unreadOf = (count: number): string => (count > 99 ? '(99+)' : `(${String(count)})`)

describe('tokens that live ten seconds', () => {
  it(
    'keep an inbox: nothing missed, nothing doubled, the list never empty, one sign-in',
    { timeout: (LASTS_S + 60) * 1000 },
    async () => {
      const backend = new Backend()
      const gateway = await backend.gateway()
      const device = await stage.device()
      await backend.host(device)
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

      const began = Date.now()
      let last = 1
      await until(
        async () => {
          if (Date.now() - began >= last * 1000) {
            last += 1
            await gateway.publish('user:me', { title: `Message ${String(last)}` })
          }
          return last > LASTS_S
        },
        'all messages are published',
        (LASTS_S + 30) * 1000,
      )

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
