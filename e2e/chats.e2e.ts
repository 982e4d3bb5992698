import type { ChatAddress } from '@herald/engines/chat-server'
import { Prosody } from '@herald/engines/prosody'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount, sendByForeignClient } from '../tests/xmpp/both-servers'
import { ChatPhone } from '../tests/xmpp/chat-phone'
import { openStage } from './stage'
import { untilEqual } from './until'

const stage = openStage()
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
    await page.getByLabel('Chat address').fill(ann.jid)
    await page.getByLabel('Password').fill(ann.password)
    await page.getByLabel('Server’s WebSocket address').fill(server.websocketUrl)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
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
})
