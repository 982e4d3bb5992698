import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()
const RECONNECT_MS = 40_000

describe('a gateway that is killed with -9 and started again', () => {
  it('is missed by the app, which comes back by itself with nothing missing and nothing doubled', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    app.expectProblem(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/)
    await app.page.locator('#herald-overlay').waitFor({ state: 'attached' })
    const acknowledged = new Map<number, string>()
    const publishing = { on: true }
    const publisher = (async () => {
      for (let number = 1; publishing.on; number++) {
        const title = `Number ${number}`
        try {
          const { status, body } = await gateway.request('POST', '/v1/feeds/user:me/messages', {
            token: gateway.publishToken,
            body: { title, body: 'kept' },
          })
          if (status === 201 && body.seq !== undefined) acknowledged.set(body.seq, title)
        } catch {
          // Nobody answers while it is down: not acknowledged, so not promised.
        }
      }
    })()
    await until(() => acknowledged.size >= 30, 'thirty are acknowledged')

    await gateway.kill()
    await app.strip.getByText('Cannot reach the server').waitFor()
    const before = acknowledged.size
    await gateway.start()
    await until(() => acknowledged.size >= before + 30, 'thirty more are acknowledged')
    publishing.on = false
    await publisher

    await until(async () => (await gateway.connections()) === 1, 'the app came back', RECONNECT_MS)
    await app.strip.waitFor({ state: 'detached' })
    const head = Math.max(...acknowledged.keys())
    await until(async () => (await app.storedRows()).at(-1)?.seq === head, 'the newest message is there')
    const rows = (await app.storedRows()).filter(({ feed }) => feed === 'user:me')
    const seqs = rows.map(({ seq }) => seq)
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => head - seqs.length + 1 + index))
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
    for (const { seq, title } of rows) if (acknowledged.has(seq)) expect(title).toBe(acknowledged.get(seq))
    const lowest = seqs[0] ?? 0
    for (const seq of acknowledged.keys()) if (seq >= lowest) expect(seqs).toContain(seq)
    await untilEqual(() => app.unreadInTabBar(), head > 99 ? '99+' : String(head))
  })

  it('that shuts down in order is not called broken: the app is back as soon as it is', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    app.expectProblem(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET/)
    await app.goTo('Settings')
    await app.page.getByText('Connected. Messages arrive at once.').waitFor()

    await gateway.stop()
    await app.page.getByText('The server is restarting.').waitFor()
    await gateway.start()

    await app.page.getByText('Connected. Messages arrive at once.').waitFor({ timeout: RECONNECT_MS })
    await gateway.publish('user:me', { title: 'Back again', body: 'after the restart' })
    await app.banner.getByText('Back again').waitFor()
  })
})
