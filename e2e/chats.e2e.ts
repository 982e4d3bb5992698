import type { ChatAddress } from '@herald/engines/chat-server'
import { Prosody } from '@herald/engines/prosody'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addAccount } from '@herald/engines/chat-accounts'
import { newAccount, sendByForeignClient } from '../tests/xmpp/both-servers'
import { ChatPhone } from '../tests/xmpp/chat-phone'
import { ForeignClient } from '../tests/xmpp/foreign-client'
import { signInToChat } from './chat-sign-in'
import { openMiniStage } from './mini-stage'
import { openStage } from './stage'
import { until, untilEqual } from './until'
import { violations } from './violations'

const stage = openStage()
const miniStage = openMiniStage()
let prosody: Prosody
let server: ChatAddress

beforeAll(async () => {
  prosody = await Prosody.start()
  server = prosody.address
})
afterAll(() => prosody.dispose())

describe('a person with a chat account', () => {
  it('signs in beside the gateway, hears of what others write, answers, sees how far it is, and leaves', async () => {
    const gateway = await stage.gateway()
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const app = await stage.signIn(gateway)
    const { page } = app
    // The gateway is no component of the chat server here.
    app.expectProblem(/status of 4\d\d/)
    await app.goTo('Settings')
    await page.getByText('Chats', { exact: true }).click()
    await signInToChat(app, ann, server)
    await page.getByText('No conversations yet').waitFor()
    await page.getByText('Connected').waitFor()

    await sendByForeignClient(server, bob, ann.jid, 'hello from elsewhere')
    await app.banner.getByText('hello from elsewhere').waitFor()
    await app.waitForUnread(1)
    await app.banner.getByText('hello from elsewhere').click()
    await page.getByRole('log', { name: bob.jid }).getByText('hello from elsewhere').waitFor()
    await app.waitForUnread(0)

    await page.getByLabel('Message', { exact: true }).fill('and hello to you')
    await page.getByRole('button', { name: 'Send' }).click()
    const log = page.getByRole('log', { name: bob.jid })
    await log.getByText(/· Sent$/).waitFor()
    const bobs = await ChatPhone.start(server, bob)
    await bobs.shows(ann.jid, '> hello from elsewhere', '< and hello to you')
    bobs.say(ann.jid, 'got it')
    await log.getByText('got it').waitFor()

    await page.getByLabel('Message', { exact: true }).fill('fine')
    await page.getByLabel('Message', { exact: true }).press('Enter')
    await log.getByText(/· Delivered$/).waitFor()
    await bobs.readAll(ann.jid)
    await log
      .getByText(/· Read$/)
      .last()
      .waitFor()

    await page.reload()
    await log.getByText('fine').waitFor()
    const saved = () => page.evaluate(() => JSON.stringify(Object.entries(localStorage)))
    expect(await saved()).toContain(ann.user)
    expect(await saved()).not.toContain(ann.password)

    await page.goto(`${gateway.url}#/pages/chats/chats`)
    await page.getByText('You: fine').waitFor()
    await page.getByRole('button', { name: 'Sign out of chats' }).click()
    await app.dialog.getByRole('button', { name: 'Sign out of chats' }).click()
    await page.getByLabel('Password').waitFor()
    await untilEqual(async () => (await app.storedRows()).length, 0)
    expect(await saved()).not.toContain(ann.user)
  })

  it('needs no gateway: it is alerted, counted and listed, is there after a restart, and gone after it was left', async () => {
    const gateway = await stage.gateway()
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const app = await stage.open(await stage.device(), gateway.url)
    const { page } = app
    await page.getByRole('button', { name: 'Use a chat account (XMPP)' }).click()
    await signInToChat(app, { ...ann, password: 'wrong' }, server)
    await page.getByText('Address and password do not match.').waitFor()
    await signInToChat(app, ann, server)
    await page.getByText('Connected').waitFor()
    await app.goBack()
    await page.getByText('Begin a conversation, or wait until somebody writes to you.').waitFor()

    await sendByForeignClient(server, bob, ann.jid, 'hello without a gateway')
    await app.banner.getByText('hello without a gateway').waitFor()
    await app.waitForUnread(1)
    await page.reload()
    await app.waitForRow(bob.jid)
    await app.openRowOf('hello without a gateway')
    await page.getByRole('log', { name: bob.jid }).getByText('hello without a gateway').waitFor()
    await app.waitForUnread(0)

    await page.goto(`${gateway.url}#/pages/settings/settings`)
    await page.getByText(ann.jid).first().waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    await app.dialog.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('button', { name: 'Use a chat account (XMPP)' }).waitFor()
    expect(await app.storedRows()).toEqual([])
    expect(await page.evaluate(() => JSON.stringify(Object.entries(localStorage)))).not.toContain(ann.user)
  })

  it('scrolls back to what was said before, and sees what was corrected, recalled or came back', async () => {
    const gateway = await stage.gateway()
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const bobs = await ForeignClient.signIn(server, bob)
    // More than the archive gives at a time, and than a page takes that is not full yet.
    for (let at = 1; at <= 120; at += 1) bobs.send(ann.jid, `line ${String(at)}`, `l${String(at)}`)
    const app = await stage.open(await stage.device(), gateway.url)
    const { page } = app
    await page.getByRole('button', { name: 'Use a chat account (XMPP)' }).click()
    await signInToChat(app, ann, server)
    await page.getByText(bob.jid).first().click()
    const log = page.getByRole('log', { name: bob.jid })
    await log.getByText('line 120', { exact: true }).waitFor()
    const first = log.getByText('line 1', { exact: true })
    expect(await first.count()).toBe(0)
    const oldest = () =>
      log
        .getByText(/^line \d+$/)
        .first()
        .textContent()
    await page.mouse.move(200, 300)
    while ((await first.count()) === 0) {
      const before = await oldest()
      await page.mouse.wheel(0, -100_000)
      await until(async () => (await oldest()) !== before, 'older lines')
      // What was read has stayed in its place: the top of the page is not reached by itself.
      await until(() => page.evaluate(() => scrollY > 500), 'what was read stays')
    }

    bobs.send(ann.jid, 'teh end', 'c1')
    bobs.correct(ann.jid, 'c1', 'the end', 'c2')
    await log.getByText('the end').waitFor()
    await log.getByText('· Corrected').waitFor()
    bobs.recall(ann.jid, 'c1')
    await log.getByText('This message was recalled.').waitFor()
    expect(await violations(app)).toEqual([])

    await page.goto(`${gateway.url}#/pages/chats/chats`)
    await page.getByText('Connected').waitFor()
    expect(await violations(app)).toEqual([])
    await page.getByLabel('Their chat address').fill(`late-${ann.user}@localhost`)
    await page.getByRole('button', { name: 'Begin' }).click()
    await page.getByLabel('Message', { exact: true }).fill('is anybody there?')
    await page.getByRole('button', { name: 'Send', exact: true }).click()
    await page.getByText('· Not delivered').waitFor()
    expect(await violations(app)).toEqual([])
    await addAccount(server, `late-${ann.user}`, 'late')
    await page.getByRole('button', { name: 'Send again' }).click()
    await page.getByText('· Sent').waitFor()
    expect(await page.getByText('is anybody there?').count()).toBe(1)
  })
})

describe('a person with a chat account in WeChat’s mini-program', () => {
  it('needs no gateway, sends and gets messages', async () => {
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const bobs = await ForeignClient.signIn(server, bob)
    const app = miniStage.open()
    await app.page.see('Paste your token')
    app.tap('Use a chat account (XMPP)')
    await app.page.see('Chat address')
    app.page.fill(0, ann.jid)
    app.page.fill(1, ann.password)
    app.page.fill(2, server.websocketUrl)
    app.tap('Sign in')
    await untilEqual(async () => app.pages, ['pages/inbox/inbox', 'pages/chats/chats'])
    await app.page.see('Connected')
    app.page.fill(0, bob.jid)
    app.tap('Begin')
    await app.page.see('Send')
    app.page.fill(0, 'from the mini-program')
    app.tap('Send')
    await app.page.see(/· (?:Sent|Delivered)/)
    await bobs.hears({ what: 'body', text: 'from the mini-program' })
    bobs.send(ann.jid, 'from elsewhere', 'm1')
    await app.page.see('from elsewhere')
  })
})
