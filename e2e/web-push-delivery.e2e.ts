import { Prosody } from '@herald/engines/prosody'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newAccount } from '../tests/xmpp/both-servers'
import { ForeignClient } from '../tests/xmpp/foreign-client'
import { chatServerFile } from '../tests/xmpp/stage'
import { BrowserPush, keptSession } from './browser-push'
import { signInToChat } from './chat-sign-in'
import { readElsewhere, waitForAck, waitForAckedLate, waitForNobody, waitForPush } from './fates'
import type { GatewayProcess } from './gateway-process'
import type { HeraldApp } from './herald-app'
import { trayOf } from './pushes'
import { launchRealTabs, type RealTabs } from './real-tabs'
import { openStage } from './stage'
import { until, untilEqual } from './until'
import { workerOf } from './worker'

const stage = openStage()
let tabs: RealTabs
let push: BrowserPush

beforeAll(async () => {
  tabs = await launchRealTabs()
  push = await BrowserPush.start(tabs.device)
  await tabs.device.addInitScript(() => {
    const noted = globalThis as unknown as { alerts: string[] }
    noted.alerts = []
    if (!('ServiceWorkerRegistration' in globalThis)) return
    const { prototype } = ServiceWorkerRegistration
    const show = Reflect.get(prototype, 'showNotification') as (...args: unknown[]) => Promise<void>
    prototype.showNotification = function (title, options) {
      noted.alerts.push(title)
      return show.call(this, title, options)
    }
  })
})
afterAll(async () => {
  await push.close()
  await tabs.close()
})

/** A running app acks well within them, and what it does not ack is soon pushed. */
const SOON = { HERALD_DEADLINE_FOREGROUND_MS: '2000', HERALD_DEADLINE_BACKGROUND_MS: '2000' }

/** A device that is signed in and registered at the push service, with a page of its own beside the app's. */
async function registered(env: Record<string, string> = {}, isFlaky = false) {
  const gateway = await stage.gateway({ ...push.env, ...env })
  const proxy = isFlaky ? await stage.proxy(gateway) : undefined
  const address = proxy?.url ?? gateway.url
  const app = await stage.open(tabs.device, await gateway.signInLink('me', address))
  await app.page.locator('.uni-tabbar').waitFor()
  await app.waitForServiceWorker()
  await keptSession(app.page)
  await until(async () => (await gateway.connections()) === 1, 'the app is connected')
  const side = await tabs.device.newPage()
  stage.after(() => side.close())
  const { origin } = new URL(address)
  await push.connect(side, origin)
  const worker = await workerOf(tabs.device, address)
  await app.page.bringToFront()
  await isVisible(app, 'visible')
  const pushes = () => push.pushes(origin)
  /** Waits until just this lies in the tray; what had come by then is told where it does not. */
  const inTray = async (wanted: Record<string, string>): Promise<void> => {
    await untilEqual(() => trayOf(worker), wanted).catch((cause: unknown) => {
      const came = JSON.stringify({ pushes: pushes(), refused: push.refused })
      throw new Error(`the tray: ${String(cause)}; ${came}`, { cause })
    })
  }
  return { gateway, proxy, app, side, worker, pushes, inTray }
}

async function publish(gateway: GatewayProcess, title: string) {
  const { body } = await gateway.publish('user:me', { title, body: 'words' })
  return { id: String(body.id), seq: body.seq }
}

/** The titles of the system notifications that the page, not its worker, has raised. */
const alertsOf = (app: HeraldApp): Promise<string[]> =>
  app.page.evaluate(() => (globalThis as unknown as { alerts: string[] }).alerts)

async function isVisible(app: HeraldApp, state: 'visible' | 'hidden'): Promise<void> {
  await until(() => app.page.evaluate((wanted) => document.visibilityState === wanted, state), state)
}

describe('a browser that answers', () => {
  it('shows a banner in front, a notice of its own behind another tab, and is not pushed to', async () => {
    const { gateway, app, side, worker, pushes, inTray } = await registered()
    const seen = await publish(gateway, 'Looked at')
    await app.banner.getByText('Looked at').waitFor()
    await waitForAck(gateway, seen.id)
    expect(await trayOf(worker)).toEqual({})
    await app.clearBanner()

    await side.bringToFront()
    await isVisible(app, 'hidden')
    const hidden = await publish(gateway, 'Behind')
    await inTray({ [hidden.id]: 'Behind' })
    await waitForAck(gateway, hidden.id)
    expect(await alertsOf(app)).toEqual(['Behind'])
    expect(await app.banner.count()).toBe(0)
    expect(pushes()).toEqual([])

    await app.page.bringToFront()
    await app.goTo('Settings')
    await app.page.getByText('Push service: Web Push').waitFor()
    await app.page.close()
  })
})

describe('a browser whose tab is closed', () => {
  it('is pushed to at once; the app has it in the list when it opens, and does not alert again', async () => {
    // Had it to wait for a deadline, the test would be over first.
    const { gateway, app, pushes, inTray } = await registered({
      HERALD_DEADLINE_BACKGROUND_MS: '600000',
    })
    await app.page.close()
    await waitForNobody(gateway)
    const told = await publish(gateway, 'Disk full')
    await inTray({ [told.id]: 'Disk full' })
    expect(push.refused).toEqual([])
    expect(pushes()).toMatchObject([{ type: 'message', id: told.id, badge: 1, title: 'Disk full' }])

    const again = await stage.open(tabs.device, gateway.url)
    await again.waitForRow('Disk full')
    await waitForAckedLate(gateway, told.id)
    await again.waitForUnread(1)
    const after = await publish(gateway, 'After it')
    await again.banner.getByText('After it').waitFor()
    await waitForAck(gateway, after.id)
    expect(await again.banner.getByText('Disk full').count()).toBe(0)
    expect(await alertsOf(again)).toEqual([])
    expect(pushes()).toHaveLength(1)
    await again.page.close()
  })

  it('loses its notification when another device reads it, where a sender sees the way of the message', async () => {
    const { gateway, app, worker, pushes, inTray } = await registered()
    await app.page.close()
    await waitForNobody(gateway)
    const kept = await publish(gateway, 'Kept')
    await waitForPush(gateway, kept.id)
    const told = await publish(gateway, 'Read elsewhere')
    await untilEqual(async () => Object.keys(await trayOf(worker)).length, 2)
    await waitForPush(gateway, told.id)

    const other = await stage.open(await stage.device(), gateway.url)
    const { token } = await gateway.readToken('me', { read: true, publish: ['user:me'] })
    await other.page.getByLabel('Token', { exact: true }).fill(token)
    await other.page.getByRole('button', { name: 'Sign in' }).click()
    await other.openRow('Read elsewhere')

    await inTray({ [kept.id]: 'Kept' })
    expect(pushes().at(-1)).toMatchObject({ type: 'clear', ids: [told.id], badge: 1 })
    await other.page.getByText('Delivery', { exact: true }).click()
    const section = other.page.locator('.delivery')
    await section.getByText('Pushed', { exact: true }).waitFor()
    await section.getByText('Delivered', { exact: true }).waitFor()
  })

  it('fetches what a push may not carry', async () => {
    const { gateway, app, pushes, inTray } = await registered({ HERALD_PUSH_ID_ONLY: 'user:*' })
    await app.page.close()
    await waitForNobody(gateway)
    const told = await publish(gateway, 'Not on the way')
    await inTray({ [told.id]: 'Not on the way' })
    expect(JSON.stringify(pushes())).not.toContain('Not on the way')
  })
})

describe('a chat account beside the gateway', () => {
  it('is pushed to once when the app is closed, and the app that opens has the message and alerts no more', async () => {
    const prosody = await Prosody.start()
    stage.after(() => prosody.dispose())
    const server = prosody.address
    const [ann, bob] = [await newAccount(server, 'ann'), await newAccount(server, 'bob')]
    const bobs = await ForeignClient.signIn(server, bob)
    const env = { HERALD_XMPP_FILE: chatServerFile(server) }
    const { gateway, app, worker, pushes, inTray } = await registered(env)
    await app.goTo('Settings')
    await app.page.getByText('Chats', { exact: true }).click()
    await signInToChat(app, ann, server)
    // The chat server has been told to push.
    const saved = () => app.page.evaluate(() => JSON.stringify(Object.values(localStorage)))
    await until(async () => (await saved()).includes('\\"pushes\\":true'), 'pushes are enabled')
    bobs.send(ann.jid, 'while it is open', 'm1')
    await app.banner.getByText('while it is open').waitFor()
    expect(pushes()).toEqual([])

    // A tab that is closing still takes what comes.
    await app.page.close()
    await waitForNobody(gateway)
    bobs.send(ann.jid, 'while it is closed', 'm2')
    await untilEqual(async () => Object.values(await trayOf(worker)), [bob.jid])
    expect(pushes()).toMatchObject([{ type: 'nudge', title: bob.jid, body: 'New message' }])
    expect(JSON.stringify(pushes())).not.toContain('closed')

    const again = await stage.open(tabs.device, gateway.url)
    await again.page.locator('.list:visible').getByText('while it is closed').waitFor()
    await again.waitForUnread(2)
    await inTray({})
    bobs.send(ann.jid, 'after it', 'm3')
    await again.banner.getByText('after it').waitFor()
    expect(await again.banner.getByText('while it is closed').count()).toBe(0)
    expect([await alertsOf(again), pushes().length]).toEqual([[], 1])
    await again.page.close()
  })
})

/** Stops with a transaction of the app's list open, for which the worker would wait until it goes on. */
const STOP_WITH_THE_LIST_IN_HAND = `new Promise((resolve, reject) => {
  const opening = indexedDB.open('herald')
  opening.onerror = reject
  opening.onsuccess = () => {
    const counting = opening.result.transaction('presented', 'readwrite').objectStore('presented').count()
    counting.onsuccess = () => {
      debugger
      opening.result.close()
      resolve()
    }
  }
})`

describe('a browser that is connected and does not answer', () => {
  it.each([
    ['frozen', ''],
    ['frozen with the list in hand', STOP_WITH_THE_LIST_IN_HAND],
  ])('%s: is pushed to after the deadline, and does not alert again when it goes on', async (_how, stop) => {
    const { gateway, app, side, pushes, inTray } = await registered(SOON)
    await side.bringToFront()
    await isVisible(app, 'hidden')
    // Its JavaScript stops where it is; the browser's network goes on. (`Page.setWebLifecycleState` closes the socket.)
    const tab = await tabs.device.newCDPSession(app.page)
    await tab.send('Debugger.enable')
    if (stop) {
      const stopped = new Promise((resolve) => tab.once('Debugger.paused', resolve))
      void app.page.evaluate(stop)
      await stopped
    } else await tab.send('Debugger.pause')
    const told = await publish(gateway, 'While frozen')
    await inTray({ [told.id]: 'While frozen' })
    await waitForPush(gateway, told.id)
    expect(await gateway.connections()).toBe(1)

    await tab.send('Debugger.resume')
    await tab.send('Debugger.disable')
    await waitForAckedLate(gateway, told.id)
    await app.waitForUnread(1)
    const after = await publish(gateway, 'After it')
    await untilEqual(() => alertsOf(app), ['After it'])
    await inTray({ [told.id]: 'While frozen', [after.id]: 'After it' })
    await readElsewhere(gateway, told.seq)
    await inTray({ [after.id]: 'After it' })
    expect(pushes().filter(({ type }) => type === 'message')).toHaveLength(1)
    await app.page.close()
  })

  it('half-open: shows the push in a banner, connects anew, and shows it once', async () => {
    const { gateway, proxy, app, worker, pushes } = await registered(SOON, true)
    // The app loads the code of its banners with the first.
    await publish(gateway, 'While it works')
    await app.clearBanner()
    proxy?.stall()
    const told = await publish(gateway, 'Nobody hears')
    await app.banner.getByText('Nobody hears').waitFor()
    expect(pushes()).toMatchObject([{ type: 'message', id: told.id }])
    await app.clearBanner()

    await app.waitForRow('Nobody hears')
    await waitForAckedLate(gateway, told.id)
    await publish(gateway, 'After it')
    await app.banner.getByText('After it').waitFor()
    expect(await trayOf(worker)).toEqual({})
    expect(await alertsOf(app)).toEqual([])
    await app.waitForUnread(3)
    await app.page.close()
  })
})
