import { describe, it } from 'vitest'
import type { GatewayProcess } from './gateway-process'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { untilEqual } from './until'

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
