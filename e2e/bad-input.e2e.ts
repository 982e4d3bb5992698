import { describe, expect, it } from 'vitest'
import { openStage } from './stage'
import { until } from './until'

const stage = openStage()
const HUGE = 'x'.repeat(200_000)
const NOBODYS_ID = '11111111-2222-4333-8444-555555555555'

describe('bad input', () => {
  it('a topic name outside the grammar is refused in words, and nothing is asked of the server', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await app.goTo('Feeds')
    const asked: string[] = []
    app.page.on('request', (request) => {
      if (request.method() === 'PUT' && request.url().includes('/feeds/')) asked.push(request.url())
    })
    const name = app.page.getByLabel('Topic name')

    for (const bad of ['two words', '../etc', '-dash', '中文', 'a'.repeat(65), HUGE, "';drop table--"]) {
      await name.fill(bad)
      await name.press('Enter')
      await app.page.getByRole('alert').getByText('Use letters, digits').waitFor()
    }
    expect(asked).toEqual([])
    await name.fill('  topic:builds  ')
    await name.press('Enter')
    await app.toast.getByText('Following builds').waitFor()
    await name.fill('builds')
    await name.press('Enter')
    await app.page.getByRole('alert').getByText('You already follow this topic').waitFor()
  })

  it('a huge paste into the sign-in fields is answered, and the page goes on', async () => {
    const gateway = await stage.gateway()
    const app = await stage.open(await stage.device(), gateway.url)
    app.expectProblem(/40\d|431|ERR_/)
    const token = app.page.getByLabel('Token', { exact: true })
    const button = app.page.getByRole('button', { name: 'Sign in' })

    await token.fill(HUGE)
    await button.click()
    await app.page.getByRole('alert').waitFor()
    await app.page.getByLabel('Server address').fill(HUGE)
    await button.click()
    await app.page.getByRole('alert').waitFor()
    await app.page.getByLabel('Server address').fill(gateway.url)
    await token.fill((await gateway.readToken('me')).token)
    await button.click()
    await app.page.getByText('No messages yet').waitFor()
  })

  it('a link that nothing can open, in a message from before they were refused, is said to be one', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    await device.routeWebSocket('**/v1/socket', (socket) => {
      const server = socket.connectToServer()
      server.onMessage((text) => {
        socket.send(String(text).replace('https://old.example/', 'https://%'))
      })
    })
    const app = await stage.signIn(gateway, device)
    await gateway.publish('user:me', { title: 'Old', body: 'x', link: 'https://old.example/' })
    await app.waitForRow('Old')
    await app.withoutBanner()
    await app.openRow('Old')
    await app.page.getByRole('button', { name: 'Open link' }).click()
    await app.toast.getByText('This link cannot be opened.').waitFor()
    expect(device.pages()).toHaveLength(1)
  })

  it('a huge search finds nothing and harms nothing', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Needle', body: 'in a haystack' })
    await app.withoutBanner()
    await app.page.getByRole('button', { name: 'Search messages' }).click()
    const search = app.page.getByRole('searchbox')

    await search.fill(HUGE)
    await app.page.getByText('No match').waitFor()
    await search.fill('(((')
    await app.page.getByText('No match').waitFor()
    await search.fill('HAYSTACK')
    await app.waitForRow('Needle')
  })

  it('a message that does not exist is said to be gone', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    app.expectProblem(/404/, /400/)

    for (const id of [NOBODYS_ID, 'no-id-at-all', encodeURIComponent('"><script>alert(1)</script>')]) {
      await app.page.goto(`${gateway.url}/#/pages/message/message?id=${id}`)
      await app.page.getByText('This message is gone').waitFor()
      await app.page.getByRole('button', { name: 'Go to inbox' }).click()
      await app.page.getByText('No messages yet').waitFor()
    }
  })

  it('a deep link leads to sign-in while nobody is signed in', async () => {
    const gateway = await stage.gateway()
    for (const path of [
      `pages/message/message?id=${NOBODYS_ID}`,
      'pages/settings/settings',
      'pages/nowhere/at-all',
    ]) {
      const app = await stage.open(await stage.device(), `${gateway.url}/#/${path}`)
      await app.page.getByRole('button', { name: 'Sign in' }).waitFor()
      await until(() => app.page.url().includes('/pages/sign-in/sign-in'), 'the address is that of sign-in')
    }
  })

  it('a deep link opens its message on a cold start when signed in', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    const { body } = await gateway.publish('user:me', { title: 'Linked', body: 'from a notification' })
    await app.waitForRow('Linked')
    await app.page.close()

    const again = await stage.open(device, `${gateway.url}/#/pages/message/message?id=${String(body.id)}`)
    await again.messageTitle('Linked').waitFor()
    await again.waitForUnread(0)
  })
})
