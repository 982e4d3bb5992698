import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { untilEqual } from './until'

const stage = openStage()
const REMOTE = 'https://pictures.example'
const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
)

/** Answers for the far server, and notes what the page asks it for. */
async function watchPictures(app: HeraldApp): Promise<string[]> {
  const asked: string[] = []
  app.page.on('request', (request) => {
    if (request.resourceType() === 'image') asked.push(request.url())
  })
  await app.page.route(`${REMOTE}/**`, (route) => route.fulfill({ body: PIXEL, contentType: 'image/png' }))
  return asked
}

/** A server on this machine that is not the gateway, over plain http. */
async function plainServer(): Promise<{ url: string; asked: () => number }> {
  let asked = 0
  const server = createServer((_request, response) => {
    asked += 1
    response.end(PIXEL)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  stage.after(() => server.close())
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked: () => asked }
}

const far = (asked: readonly string[]): string[] => asked.filter((url) => url.startsWith(REMOTE))

describe('the pictures of a message', () => {
  it('of another server are asked for after a tap and not before, in markdown too', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const asked = await watchPictures(app)
    await gateway.publish('user:me', {
      title: 'With pictures',
      image: `${REMOTE}/one.png`,
      body: `before\n\n![a chart](${REMOTE}/two.png)\n\nafter`,
      markdown: true,
    })
    await app.clearBanner()
    await app.openRow('With pictures')
    const buttons = app.page.locator('.message:visible').getByRole('button', { name: 'Load picture' })
    await untilEqual(() => buttons.count(), 2)
    expect(far(asked)).toEqual([])

    await buttons.last().click()
    await untilEqual(() => Promise.resolve(far(asked)), [`${REMOTE}/two.png`])
    await app.page.getByAltText('a chart').waitFor()
    await untilEqual(() => buttons.count(), 1)
    await buttons.click()
    await untilEqual(() => Promise.resolve(far(asked)), [`${REMOTE}/two.png`, `${REMOTE}/one.png`])
  })

  it('follow the setting, and a plain http one is never asked for', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    const plain = await plainServer()
    const asked = await watchPictures(app)
    await gateway.publish('user:me', { title: 'Plain', body: 'a', image: `${plain.url}/spy.png` })
    await gateway.publish('user:me', { title: 'Far', body: 'a', image: `${REMOTE}/far.png` })
    await app.clearBanner()
    await app.goTo('Settings')
    await app.page.getByRole('radio', { name: 'Always' }).click()
    await app.goTo('Inbox')
    await app.openRow('Far')
    await untilEqual(() => Promise.resolve(far(asked)), [`${REMOTE}/far.png`])
    await app.goBack()
    await app.openRow('Plain')
    await app.page.getByText('its address is not encrypted').filter({ visible: true }).waitFor()
    expect(plain.asked()).toBe(0)
    await app.goBack()

    await app.goTo('Settings')
    await app.page.getByRole('radio', { name: 'Never' }).click()
    await app.goTo('Inbox')
    await app.openRow('Far')
    await app.page.getByText('pictures are off').filter({ visible: true }).waitFor()
    expect(far(asked)).toHaveLength(1)
  })
})
