import { createServer, type AddressInfo } from 'node:net'
import { createServer as createHttpServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { until, untilEqual } from './until'

const stage = openStage()

async function fillIn(app: HeraldApp, server: string, token: string): Promise<void> {
  await app.page.getByLabel('Server address').fill(server)
  await app.page.getByLabel('Token', { exact: true }).fill(token)
  await app.page.getByRole('button', { name: 'Sign in' }).click()
}

const error = (app: HeraldApp) => app.page.getByRole('alert')

describe('the sign-in page', () => {
  it('signs in by the printed link, which works once', async () => {
    const gateway = await stage.gateway()
    const link = await gateway.signInLink('me')
    const app = await stage.open(await stage.device(), link)
    await app.page.getByText('No messages yet').waitFor()
    expect(app.page.url()).not.toContain('code=')

    const second = await stage.open(await stage.device(), link)
    second.expectProblem(/401/)
    await error(second).getByText('This sign-in link was already used or has expired').waitFor()
  })

  it('signs in by a link that is pasted into a field', async () => {
    const gateway = await stage.gateway()
    const app = await stage.open(await stage.device(), gateway.url)
    await app.page.getByLabel('Token', { exact: true }).fill(await gateway.signInLink('me'))
    await app.page.getByText('No messages yet').waitFor()
  })

  it('signs in by server and token, and keeps the session over a reload', async () => {
    const gateway = await stage.gateway()
    const { token } = await gateway.readToken('me')
    const app = await stage.open(await stage.device(), gateway.url)
    await untilEqual(() => app.page.getByLabel('Server address').inputValue(), gateway.url)

    await fillIn(app, gateway.url, `  ${token}\n`)
    await app.page.getByText('No messages yet').waitFor()
    await app.page.reload()
    await app.page.getByText('No messages yet').waitFor()
    expect(app.page.url()).not.toContain('sign-in')
  })

  it('says why a token is refused: unknown, expired, revoked, or made for publishing', async () => {
    const gateway = await stage.gateway()
    const expired = await gateway.readToken('me', { read: true, ttl: 1 })
    const revoked = await gateway.readToken('me')
    await gateway.revoke(revoked.id)
    const app = await stage.open(await stage.device(), gateway.url)
    app.expectProblem(/40[13]/)

    await fillIn(app, gateway.url, 'hld_nobody_made_this_token_at_all')
    await error(app).getByText('This token is not valid').waitFor()
    await until(
      async () =>
        (await gateway.request('GET', '/v1/me', { token: expired.token })).body.error?.code ===
        'token_expired',
      'the token expires',
    )
    await fillIn(app, gateway.url, expired.token)
    await error(app).getByText('This token has expired').waitFor()
    await fillIn(app, gateway.url, revoked.token)
    await error(app).getByText('This token was revoked').waitFor()
    await fillIn(app, gateway.url, gateway.publishToken)
    await error(app).getByText('This token can only publish').waitFor()
  })

  it('says that nothing answers, that it is not Herald, and that an address is none', async () => {
    const gateway = await stage.gateway()
    const { token } = await gateway.readToken('me')
    const shop = createHttpServer((_request, response) => {
      response.setHeader('Access-Control-Allow-Origin', '*')
      response.setHeader('Access-Control-Allow-Headers', '*')
      response.setHeader('Content-Type', 'text/html')
      response.end('<h1>A shop</h1>')
    })
    await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done))
    stage.after(() => shop.close())
    const app = await stage.open(await stage.device(), gateway.url)
    app.expectProblem(/ERR_CONNECTION_REFUSED/)

    await fillIn(app, `http://127.0.0.1:${String(await closedPort())}`, token)
    await error(app).getByText('No answer from this server').waitFor()
    await fillIn(app, `http://127.0.0.1:${String((shop.address() as AddressInfo).port)}`, token)
    await error(app).getByText('it is not Herald').waitFor()
    await fillIn(app, 'what is this?', token)
    await error(app).getByText('This is not a web address').waitFor()
  })

  it('says that another server does not allow the page, until its settings do', async () => {
    const host = await stage.gateway()
    const closed = await stage.gateway()
    const open = await stage.gateway({ HERALD_ORIGINS: host.url })
    const app = await stage.open(await stage.device(), host.url)
    app.expectProblem(/CORS|403|ERR_FAILED/)

    await fillIn(app, closed.url, (await closed.readToken('me')).token)
    await error(app).getByText('The server does not allow this web page').waitFor()
    await fillIn(app, open.url, (await open.readToken('me')).token)
    await app.page.getByText('No messages yet').waitFor()
    await open.publish('user:me', { title: 'From elsewhere', body: 'over two origins' })
    await app.waitForRow('From elsewhere')
  })
})

describe('a sign-in link', () => {
  it('of somebody else asks first, with both names and the server, and its code still works after a no', async () => {
    const gateway = await stage.gateway()
    await gateway.request('POST', '/v1/users', { body: { id: 'bob', name: 'Bob' } })
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Mine', body: 'and nobody else’s' })
    await app.waitForRow('Mine')
    await app.withoutBanner()
    const link = await gateway.signInLink('bob')

    await app.page.goto(link)
    await app.dialog.getByText('Sign in as Bob (bob)?').waitFor()
    for (const part of ['signed in as me on', gateway.url]) await app.dialog.getByText(part).first().waitFor()
    await app.dialog.getByRole('button', { name: 'Cancel' }).click()
    await app.waitForRow('Mine')
    expect(app.page.url()).not.toContain('code=')

    // A page that is loaded anew by the link, as a mail program opens it.
    const again = await stage.open(app.page.context(), link)
    await again.dialog.getByRole('button', { name: 'Switch' }).click()
    await again.page.getByText('No messages yet').waitFor()
    await gateway.publish('user:bob', { title: 'For Bob', body: 'x' })
    await again.waitForRow('For Bob')
    expect(await again.titles()).toEqual(['For Bob'])
  })

  it('that gives way to another one in the same tab takes its question along', async () => {
    const gateway = await stage.gateway()
    for (const name of ['Mal', 'Zed'])
      await gateway.request('POST', '/v1/users', { body: { id: name.toLowerCase(), name } })
    const app = await stage.signIn(gateway)
    await app.page.goto(await gateway.signInLink('mal'))
    await app.dialog.getByText('Sign in as Mal (mal)?').waitFor()

    await app.page.goto(await gateway.signInLink('zed'))
    await app.dialog.getByText('Sign in as Zed (zed)?').waitFor()
    await app.dialog.getByRole('button', { name: 'Switch' }).click()

    await app.page.getByText('No messages yet').waitFor()
    await gateway.publish('user:zed', { title: 'For Zed', body: 'x' })
    await app.waitForRow('For Zed')
  })

  it('asks nothing any more when its page is left for another one, and nothing later over that', async () => {
    const gateway = await stage.gateway()
    await gateway.request('POST', '/v1/users', { body: { id: 'mal', name: 'Mal' } })
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Mine', body: 'and nobody else’s' })
    await app.waitForRow('Mine')
    await app.withoutBanner()
    const link = await gateway.signInLink('mal')
    await app.page.goto(link)
    await app.dialog.getByText('Sign in as Mal (mal)?').waitFor()
    await app.page.goto(`${gateway.url}/#/`)
    await app.dialog.waitFor({ state: 'detached' })
    await app.waitForRow('Mine')

    // Left while the gateway still says whose it is.
    let answer = (): void => undefined
    const held = new Promise<void>((done) => (answer = done))
    await app.page.route('**/v1/sign-in/peek', async (route) => {
      await held
      await route.continue()
    })
    const asked = app.page.waitForRequest('**/v1/sign-in/peek')
    await app.page.goto(link)
    await asked
    await app.page.goto(`${gateway.url}/#/`)
    await app.waitForRow('Mine')
    const answered = app.page.waitForResponse('**/v1/sign-in/peek')
    answer()
    await answered
    await app.goTo('Feeds')
    expect(await app.dialog.count()).toBe(0)
  })

  it('of one’s own asks nothing, and keeps what is there', async () => {
    const gateway = await stage.gateway()
    const app = await stage.signIn(gateway)
    await gateway.publish('user:me', { title: 'Kept', body: 'x' })
    await app.waitForRow('Kept')
    await app.page.goto(await gateway.signInLink('me'))
    await app.waitForRow('Kept')
    expect(await app.dialog.count()).toBe(0)
  })

  it('works in the tab where a used one was opened before', async () => {
    const gateway = await stage.gateway()
    const used = await gateway.signInLink('me')
    await stage.open(await stage.device(), used)
    const app = await stage.open(await stage.device(), used)
    app.expectProblem(/401/)
    await error(app).getByText('This sign-in link was already used or has expired').waitFor()
    await app.page.goto(await gateway.signInLink('me'))
    await app.page.getByText('No messages yet').waitFor()
    expect(app.page.url()).not.toContain('code=')
  })

  it('is found in what was copied along with it, and an administrator’s token is told what it is', async () => {
    const gateway = await stage.gateway()
    const app = await stage.open(await stage.device(), gateway.url)
    app.expectProblem(/403/)
    await fillIn(app, gateway.url, gateway.adminToken)
    await error(app).getByText('This is an administrator’s token').waitFor()
    const link = await gateway.signInLink('me')
    await app.page.getByLabel('Token', { exact: true }).fill(`登录链接：<${link}>。一小时内有效`)
    await app.page.getByText('No messages yet').waitFor()
  })
})

describe('a session that ends', () => {
  it('goes back to sign-in with the reason when its token is revoked', async () => {
    const gateway = await stage.gateway()
    const { token, id } = await gateway.readToken('me')
    const app = await stage.open(await stage.device(), gateway.url)
    await fillIn(app, gateway.url, token)
    await app.page.getByText('No messages yet').waitFor()
    await until(async () => (await gateway.connections()) === 1, 'the app is connected')
    await gateway.publish('user:me', { title: 'Secret', body: 'of the old session' })
    await app.waitForRow('Secret')

    await gateway.revoke(id)

    await app.page.getByText('You were signed out: the token was revoked.').waitFor()
    await untilEqual(() => app.storeSizes(), { feeds: 0, rows: 0, hidden: 0, presented: 0 })
    expect(await app.unreadInTitle()).toBe(0)
  })

  it('leaves nothing behind on the device, without a network too', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    app.expectProblem(/ERR_INTERNET_DISCONNECTED/)
    await gateway.publish('user:me', { title: 'Only for me', body: 'and nobody after me' })
    await app.waitForRow('Only for me')
    await app.waitForUnread(1)
    await app.waitUntilKept()
    await app.page.evaluate(async () => {
      const data = { messageId: 'left from before', feed: 'user:me' }
      await (
        await navigator.serviceWorker.ready
      ).showNotification('Only for me', { tag: data.messageId, data })
    })
    const session = await app.page.evaluate(() => JSON.stringify(Object.entries(localStorage)))
    const token = /hld_[\w-]+/.exec(session)?.[0] ?? 'no token found'
    expect(session).toContain(token)
    await app.goTo('Settings')
    await device.setOffline(true)

    await app.page.getByRole('button', { name: 'Sign out' }).click()
    await app.dialog.getByRole('button', { name: 'Sign out' }).click()

    await app.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await untilEqual(() => app.storeSizes(), { feeds: 0, rows: 0, hidden: 0, presented: 0 })
    expect(await app.unreadInTitle()).toBe(0)
    expect(await app.notificationTags()).toEqual([])
    const left = await everythingKept(app)
    expect(left).not.toContain('Only for me')
    expect(left).not.toContain(token)
    expect(left).not.toContain('"me"')
  })

  it('ends in every tab of the device', async () => {
    const gateway = await stage.gateway()
    const device = await stage.device()
    const app = await stage.signIn(gateway, device)
    const other = await stage.open(device, gateway.url)
    await other.page.getByText('No messages yet').waitFor()

    await app.goTo('Settings')
    await app.page.getByRole('button', { name: 'Sign out' }).click()
    await app.dialog.getByRole('button', { name: 'Sign out' }).click()

    await other.page.getByRole('button', { name: 'Sign in' }).waitFor()
    await until(async () => (await gateway.connections()) === 0, 'no socket is left')
  })
})

/** localStorage, sessionStorage and the text of all caches. */
function everythingKept(app: HeraldApp): Promise<string> {
  return app.page.evaluate(async () => {
    const kept = [
      JSON.stringify(Object.entries(localStorage)),
      JSON.stringify(Object.entries(sessionStorage)),
      document.body.textContent,
    ]
    for (const name of await caches.keys()) {
      const cache = await caches.open(name)
      for (const request of await cache.keys()) kept.push(request.url)
    }
    return kept.join('\n')
  })
}

function closedPort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => done(port))
    })
  })
}
