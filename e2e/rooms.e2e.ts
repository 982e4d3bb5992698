import { ROOMS, type ChatAddress } from '@herald/engines/chat-server'
import { Ejabberd } from '@herald/engines/ejabberd'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newAccount } from '../tests/xmpp/both-servers'
import { ForeignClient } from '../tests/xmpp/foreign-client'
import { RoomOwner } from '../tests/xmpp/room-owner'
import { DESKTOP, PHONE } from './browser'
import { signInToChat } from './chat-sign-in'
import type { HeraldApp } from './herald-app'
import { openStage } from './stage'
import { violations } from './violations'

const stage = openStage()
let ejabberd: Ejabberd
let server: ChatAddress

beforeAll(async () => {
  ejabberd = await Ejabberd.start()
  server = ejabberd.address
})
afterAll(() => ejabberd.dispose())

/** Whether something is wider than the page. */
const sticksOut = (page: Page): Promise<boolean> =>
  page.evaluate(() => document.documentElement.scrollWidth > innerWidth)

/** What is on the screen has no serious violation and fits, in both themes, on a phone and on a desktop. */
async function isSound(app: HeraldApp): Promise<void> {
  const { page } = app
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const viewport of [PHONE, DESKTOP]) {
      await page.setViewportSize(viewport)
      expect([await violations(app), await sticksOut(page)]).toEqual([[], false])
    }
  }
}

it('enters a room by its name, talks there, is put out, comes back, is banned, and leaves, in both languages, on ejabberd', async () => {
  const gateway = await stage.gateway()
  const ann = await newAccount(server, 'ann')
  const room = `${(await newAccount(server, 'a-room-with-a-long-name')).user}@${ROOMS}`
  const owner = await RoomOwner.make(server, room)
  const bob = await ForeignClient.signIn(server, await newAccount(server, 'bob'))
  await bob.enter(room, 'Bob')

  const app = await stage.open(await stage.device(), gateway.url)
  const { page } = app
  await page.getByRole('button', { name: 'Use a chat account (XMPP)' }).click()
  await signInToChat(app, ann, server)
  await page.getByText('Connected').waitFor()
  await page.getByLabel('Their chat address').fill(room)
  await page.getByRole('button', { name: 'Enter as a room' }).click()
  await page.getByText(`Room · you are ${ann.user}`).waitFor()
  const log = page.getByRole('log', { name: room })
  bob.sendToRoom(room, 'welcome', 'w1')
  await log.getByText('Bob', { exact: true }).waitFor()
  await log.getByText('welcome').waitFor()
  await page.getByLabel('Message', { exact: true }).fill('thank you')
  await page.getByRole('button', { name: 'Send', exact: true }).click()
  await bob.hears({ what: 'said', text: `${ann.user}: thank you` })
  await log.getByText(/· Sent$/).waitFor()
  await isSound(app)

  // Her other device is in it by itself, and says all of it in Chinese.
  const tablet = await stage.open(await stage.device({ locale: 'zh-CN' }), gateway.url)
  // ejabberd sends what it had behind the end of a socket, and Chromium says so.
  for (const each of [app, tablet]) each.expectProblem(/Data frame received after close/)
  await tablet.page.getByRole('button', { name: '使用聊天账号（XMPP）' }).click()
  for (const [at, text] of [ann.jid, ann.password, server.websocketUrl].entries())
    await tablet.page.getByRole('textbox').nth(at).fill(text)
  await tablet.page.getByRole('button', { name: '登录', exact: true }).click()
  await tablet.page.getByText(room).first().click()
  const chinese = tablet.page.getByRole('log', { name: room })
  await chinese.getByText('thank you').waitFor()
  await isSound(tablet)

  await owner.setRole(ann.user, 'none')
  await page.getByText('You were put out of this room.').waitFor()
  await tablet.page.getByText('你已被移出此聊天室。').waitFor()
  await isSound(app)
  await page.getByRole('button', { name: 'Enter again' }).click()
  await page.getByText(`Room · you are ${ann.user}`).waitFor()
  await owner.setAffiliation(ann.jid, 'outcast')
  await page.getByText('You are banned from this room.').waitFor()
  await tablet.page.getByRole('button', { name: '重新进入' }).click()
  await tablet.page.getByText('你已被此聊天室禁止进入。').waitFor()
  await isSound(tablet)

  await tablet.page.getByRole('button', { name: '退出聊天室' }).click()
  await tablet.dialog.getByText('退出此聊天室？').waitFor()
  await isSound(tablet)
  await tablet.dialog.getByRole('button', { name: '退出聊天室' }).click()
  await tablet.page.getByText('还没有会话').waitFor()
  await page.getByText('There is no such conversation on this device.').waitFor()
})
