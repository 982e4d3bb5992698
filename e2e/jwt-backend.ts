import { createHmac, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import type { GatewayProcess } from './gateway-process'
import { until } from './until'

export const TOKEN_LIFE_S = 10

/** The backend of a business: it signs JWTs that live ten seconds. */
export class JwtBackend {
  readonly #key = randomBytes(48).toString('base64url')
  issued = 0

  /** Settings of a gateway that believes it. @param stage puts the key's file away */
  env(stage: { after(cleanUp: () => unknown): void }): Record<string, string> {
    const folder = mkdtempSync(join(tmpdir(), 'herald-jwt-'))
    stage.after(() => {
      rmSync(folder, { recursive: true, force: true })
    })
    const key = join(folder, 'key')
    writeFileSync(key, this.#key)
    return {
      HERALD_JWT_ALG: 'HS256',
      HERALD_JWT_ISSUER: 'https://shop.example.com',
      HERALD_JWT_AUDIENCE: 'herald',
      HERALD_JWT_KEY_FILE: key,
    }
  }

  issue(user: string): string {
    this.issued += 1
    const iat = Math.floor(Date.now() / 1000)
    const claims = { iss: 'https://shop.example.com', aud: 'herald', sub: user, iat }
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const signed = `${part({ alg: 'HS256' })}.${part({ ...claims, exp: iat + TOKEN_LIFE_S })}`
    return `${signed}.${createHmac('sha256', this.#key).update(signed).digest('base64url')}`
  }
}

/** Notes, at every change of the page, when the list had no row or the sign-in page was there. */
export async function watchPage(page: Page): Promise<() => Promise<string[]>> {
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

/** Publishes `Message 2` and on, one a second. Answers the number of the last. */
export async function publishEachSecond(
  gateway: GatewayProcess,
  feed: string,
  lastsS: number,
): Promise<number> {
  const began = Date.now()
  let last = 1
  await until(
    async () => {
      if (Date.now() - began >= last * 1000) {
        last += 1
        await gateway.publish(feed, { title: `Message ${String(last)}` })
      }
      return last > lastsS
    },
    'all messages are published',
    (lastsS + 30) * 1000,
  )
  return last
}
