import { describe, expect, test } from 'vitest'
import type { PushPayload } from '@herald/protocol'
import type { HttpAnswer } from '@/services/api/http'
import { LEADER_ANSWER_MS } from '@/services/tabs/leader-watch'
import { LockElection } from '@/services/tabs/lock-election'
import { REST_MS } from '@/services/push/registrar'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { FakeClock, settle } from '../fake-clock'
import { idOf, message } from '../messages'
import { FakeBrowser, FakePush, LateElection } from './fake-client'

const LINK = 'https://gateway/#/pages/sign-in/sign-in?code=abcdefghij'
const DEVICE_URL = 'https://gateway/v1/me/devices/device-0001'
const ME = 'user:me'
const TOKEN = {
  provider: 'unipush',
  app: 'app',
  environment: 'production',
  kind: 'alert',
  token: 'cid',
} as const

async function rest(browser: FakeBrowser, ...tabs: string[]): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await settle()
    for (const tab of tabs.length > 0 ? tabs : ['lone']) {
      while (browser.gateway.serve(`socket of ${tab}`)) await settle()
      while (browser.gateway.carry(`socket of ${tab}`)) await settle()
    }
  }
}

async function signedIn() {
  const browser = new FakeBrowser()
  browser.push.tokens = { registrations: [TOKEN] }
  const tab = browser.openTab('lone')
  await tab.client.signInWithLink(LINK)
  await rest(browser)
  return { browser, ...tab }
}

const puts = (browser: FakeBrowser) =>
  browser.requests.filter(({ method, url }) => method === 'PUT' && url === DEVICE_URL)

const push = (seq: number, patch: Partial<Extract<PushPayload, { type: 'message' }>> = {}): PushPayload => {
  const { id, feed, time, priority, body } = message(ME, seq)
  const common = { herald: 1, to: 'recipient-of-me', badge: 1, type: 'message', epoch: 'e1' } as const
  return { ...common, id, feed, seq, time, priority, title: 'pushed', body, ...patch }
}

const alerts = (view: { banners: unknown[] }): unknown[] => view.banners.filter((alert) => alert !== null)

describe('a signed-in device', () => {
  test('registers, keeps for whom its pushes are, and tells its worker', async () => {
    const { browser, view } = await signedIn()
    expect(puts(browser)).toHaveLength(1)
    expect(browser.keyValue.get('session')).toMatchObject({
      recipient: 'recipient-of-me',
      token: 'minted',
    })
    expect(browser.push.kept).toMatchObject({ recipient: 'recipient-of-me', device: 'device-0001' })
    expect(view.state.push).toEqual({ provider: 'unipush' })
  })

  test('registers again at the next launch, on a late token, a changed setting and a given permission', async () => {
    const { browser, client } = await signedIn()
    client.updateSettings({ preview: false })
    browser.clock.advance(REST_MS)
    await settle()
    expect(puts(browser).at(-1)).toMatchObject({ body: { preview: false, push: [TOKEN] } })
    browser.push.change({ registrations: [{ ...TOKEN, token: 'cid-2' }] })
    browser.clock.advance(REST_MS)
    await settle()
    expect(puts(browser).at(-1)).toMatchObject({ body: { push: [{ token: 'cid-2' }] } })
    browser.system.allowed = 'denied'
    client.setVisible(true)
    await settle()
    browser.clock.advance(REST_MS)
    await settle()
    expect(puts(browser)).toHaveLength(4)
    browser.openTab('lone')
    await rest(browser)
    expect(puts(browser)).toHaveLength(5)
  })

  test('works with a gateway that knows no push', async () => {
    const browser = new FakeBrowser()
    const text = JSON.stringify({ error: { code: 'not_found', message: 'no', retryable: false } })
    browser.answer = ({ url }) => (/push|devices/.test(url) ? { status: 404, text } : undefined)
    const { client, view } = browser.openTab('lone')
    await client.signInWithLink(LINK)
    await rest(browser)
    expect(view.state).toMatchObject({ status: 'signedIn', name: 'live', push: { none: 'old_server' } })
    browser.gateway.publish(ME, 1)
    await rest(browser)
    expect(alerts(view)).toHaveLength(1)
    await client.signOut()
    await settle()
    expect(browser.requests.at(-1)).toMatchObject({ url: 'https://gateway/v1/tokens/minted1' })
  })

  test('D4-07: is forgotten first at the sign-out, here and on the gateway', async () => {
    const { browser, client, view } = await signedIn()
    await client.signOut()
    await settle()
    expect(browser.requests.slice(-2)).toMatchObject([
      { method: 'DELETE', url: DEVICE_URL },
      { method: 'DELETE', url: 'https://gateway/v1/tokens/minted1' },
    ])
    expect(browser.push.kept).toBeNull()
    expect(view.state.push).toBeNull()
  })

  test('is not forgotten by a sign-out that waited for the network while the same user came back', async () => {
    const { browser, client } = await signedIn()
    browser.answer = ({ method }) => (method === 'DELETE' ? null : undefined)
    await client.signOut()
    await settle()
    await client.signInWithLink(LINK)
    await rest(browser)
    browser.answer = undefined
    const before = browser.requests.length
    browser.clock.advance(5_000)
    await settle()
    const deleted = browser.requests.slice(before).filter(({ method }) => method === 'DELETE')
    expect(deleted.map(({ url }) => url)).toEqual(['https://gateway/v1/tokens/minted1'])
  })

  test('registers again when its log began anew: a gateway that was restored may have forgotten it', async () => {
    const { browser } = await signedIn()
    browser.gateway.renew(ME)
    browser.clock.advance(30_000)
    await rest(browser)
    browser.clock.advance(REST_MS)
    await rest(browser)
    expect(puts(browser)).toHaveLength(2)
  })

  test('with many tabs registers by one of them, and every tab knows', async () => {
    const browser = new FakeBrowser()
    browser.push.tokens = { registrations: [TOKEN] }
    const a = browser.openTab('a')
    await a.client.signInWithLink(LINK)
    await rest(browser, 'a')
    const b = browser.openTab('b')
    await rest(browser, 'a', 'b')
    expect(puts(browser)).toHaveLength(1)
    expect(b.view.state.push).toEqual({ provider: 'unipush' })
    b.client.updateSettings({ sound: false })
    await rest(browser, 'a', 'b')
    browser.clock.advance(REST_MS)
    await rest(browser, 'a', 'b')
    expect(puts(browser).map(({ body }) => (body as { sound: boolean }).sound)).toEqual([true, false])
  })
})

describe('one message by push, socket and click', () => {
  test('is one banner when the push is first', async () => {
    const { browser, view } = await signedIn()
    browser.push.bring({ payload: push(1), shown: false })
    await settle()
    expect(view.banners.at(-1)).toMatchObject({ message: { id: idOf(ME, 1), title: 'pushed' } })
    browser.gateway.publish(ME, 1)
    await rest(browser)
    expect(alerts(view)).toHaveLength(1)
    expect(view.seqs).toEqual(['user:me 1'])
  })

  test('is one banner when the socket is first, and when the push comes twice', async () => {
    const { browser, view } = await signedIn()
    browser.gateway.publish(ME, 1)
    await rest(browser)
    browser.push.bring({ payload: push(1), shown: false })
    browser.push.bring({ payload: push(1), shown: false })
    await settle()
    expect(alerts(view)).toHaveLength(1)
  })

  test('is no banner at all when the system has shown the push, after a restart either', async () => {
    const { browser, view } = await signedIn()
    browser.push.bring({ payload: push(1), shown: true })
    await settle()
    browser.killTab('lone')
    const again = browser.openTab('lone')
    browser.gateway.publish(ME, 1)
    await rest(browser)
    expect(again.view.seqs).toEqual(['user:me 1'])
    expect([alerts(view), alerts(again.view)]).toEqual([[], []])
  })

  test('D4-06: is one notification when a thawed app finds message and push in one burst', async () => {
    const { browser, client } = await signedIn()
    client.setVisible(false)
    await rest(browser)
    browser.gateway.publish(ME, 1)
    await rest(browser)
    browser.push.bring({ payload: push(1), shown: true })
    browser.clock.advance(SETTLE_MS)
    await rest(browser)
    expect(browser.system.notified).toBe(0)
  })

  test('without its words is fetched, and told without them when it cannot be', async () => {
    const { browser, view } = await signedIn()
    const idOnly = { ...push(1), title: undefined, body: undefined } as PushPayload
    const whole = message(ME, 1, { title: 'fetched' })
    browser.answer = ({ url }) =>
      url.endsWith(`/v1/messages/${whole.id}`) ? { status: 200, text: JSON.stringify(whole) } : undefined
    browser.push.bring({ payload: idOnly, shown: false })
    await settle()
    expect(view.banners.at(-1)).toMatchObject({ message: { title: 'fetched' } })
    browser.answer = () => null
    browser.push.bring({ payload: { ...idOnly, id: idOf(ME, 2), seq: 2 } as PushPayload, shown: false })
    await settle()
    browser.clock.advance(2_000)
    expect(view.banners.at(-1)).toMatchObject({ message: { id: idOf(ME, 2), body: '' } })
  })

  test('of a summary that was shown alerts for none that it names', async () => {
    const { browser, view } = await signedIn()
    const ids = [idOf(ME, 1), idOf(ME, 2)]
    browser.push.bring({
      payload: { herald: 1, to: 'recipient-of-me', badge: 2, type: 'summary', count: 2, ids },
      shown: true,
    })
    browser.gateway.publish(ME, 2)
    await rest(browser)
    expect(alerts(view)).toEqual([])
  })

  test('of a summary that came to the running app alerts once for those that it names', async () => {
    const { browser, view } = await signedIn()
    const ids = [idOf(ME, 1), idOf(ME, 2)]
    const summary = { herald: 1, to: 'recipient-of-me', badge: 2, type: 'summary', count: 2, ids } as const
    browser.push.bring({ payload: summary, shown: false })
    browser.gateway.publish(ME, 2)
    await rest(browser)
    browser.push.bring({ payload: summary, shown: false })
    await rest(browser)
    browser.clock.advance(2_000)
    expect(alerts(view)).toHaveLength(2)
  })

  test('waits for the next welcome when its socket had ended while the app was frozen', async () => {
    const { browser, client } = await signedIn()
    client.setVisible(false)
    await rest(browser)
    browser.gateway.publish(ME, 1)
    browser.gateway.carry('socket of lone')
    browser.gateway.cut('socket of lone')
    for (let turn = 0; turn < 2; turn += 1) {
      browser.clock.advance(SETTLE_MS)
      await settle()
    }
    expect(browser.system.notified).toBe(0)
    for (let turn = 0; turn < 10; turn += 1) {
      await rest(browser)
      browser.clock.advance(SETTLE_MS)
    }
    await rest(browser)
    expect(browser.system.notified).toBe(1)
  })

  test('leaves the tray by a clear, and the badge is the gateway’s while the socket is not there', async () => {
    const { browser, client } = await signedIn()
    client.setVisible(false)
    browser.gateway.publish(ME, 1)
    await rest(browser)
    browser.clock.advance(SETTLE_MS)
    await rest(browser)
    expect(browser.system.shown.size).toBe(1)
    browser.gateway.lose('socket of lone')
    browser.clock.advance(36_000)
    await settle()
    browser.push.bring({
      payload: { herald: 1, to: 'recipient-of-me', badge: 0, type: 'clear', ids: [idOf(ME, 1)] },
      shown: false,
    })
    await settle()
    expect(browser.system.shown.size).toBe(0)
    expect(browser.badges).toEqual([0])
  })
})

describe('a push that nobody has shown, and whose leading tab does not run', () => {
  /** Tab a leads and is frozen, tab b is looked at. */
  async function frozenLeader() {
    const browser = new FakeBrowser()
    const pushOfA = new FakePush()
    const election = new LateElection(new LockElection(browser.locks.of('a'), 'herald'))
    const tabs = { id: 'a', channel: browser.channels.channel('a'), election }
    const clockOfA = new FakeClock()
    const a = browser.openTab('a', { tabs, clock: clockOfA, loadPush: () => Promise.resolve(pushOfA) })
    await a.client.signInWithLink(LINK)
    await rest(browser, 'a')
    const b = browser.openTab('b')
    await rest(browser, 'a', 'b')
    a.client.setVisible(false)
    await rest(browser, 'a', 'b')
    browser.channels.freeze('a')
    election.freeze()
    /** What waited comes in one burst: the push first, the word that another tab leads last. */
    const thaw = async (): Promise<void> => {
      clockOfA.freeze(LEADER_ANSWER_MS)
      browser.channels.thaw('a')
      await settle()
      pushOfA.bring({ payload: push(1), shown: false })
      await settle()
      election.thaw()
      for (let turn = 0; turn < 3; turn += 1) {
        for (const clock of [clockOfA, browser.clock]) clock.advance(SETTLE_MS)
        await rest(browser, 'a', 'b')
      }
    }
    return { browser, pushOfA, clockOfA, thaw, a, b }
  }

  test('is shown by the tab that is looked at, which leads then, and not again by the other', async () => {
    const { browser, thaw, a, b } = await frozenLeader()
    browser.push.bring({ payload: push(1), shown: false })
    await rest(browser, 'b')
    browser.clock.advance(SETTLE_MS)
    await rest(browser, 'b')
    browser.clock.advance(LEADER_ANSWER_MS)
    await rest(browser, 'b')
    expect(b.view.state).toMatchObject({ leader: true })
    expect(alerts(b.view)).toHaveLength(1)
    await thaw()
    expect([...alerts(a.view), ...alerts(b.view)]).toHaveLength(1)
  })

  test('is not shown again by the other when the tab that showed it has gone', async () => {
    const { browser, thaw, a, b } = await frozenLeader()
    browser.push.bring({ payload: push(1), shown: false })
    for (const ms of [SETTLE_MS, LEADER_ANSWER_MS]) {
      await rest(browser, 'b')
      browser.clock.advance(ms)
    }
    await rest(browser, 'b')
    expect(alerts(b.view)).toHaveLength(1)
    b.client.leavePage()
    browser.killTab('b')
    await thaw()
    expect(a.view.state).toMatchObject({ leader: true })
    expect([alerts(a.view), browser.system.notified]).toEqual([[], 0])
  })

  test('comes by the frozen tab, when that is the only one that had it, to the tab that leads now', async () => {
    const { browser, thaw, a, b } = await frozenLeader()
    b.client.setVisible(true)
    browser.clock.advance(LEADER_ANSWER_MS)
    await rest(browser, 'b')
    await thaw()
    expect([alerts(a.view), alerts(b.view)]).toMatchObject([[], [{ message: { id: idOf(ME, 1) } }]])
  })

  test('is fetched once, though each tab hands it on', async () => {
    const { browser, pushOfA, clockOfA } = await frozenLeader()
    browser.channels.thaw('a')
    const idOnly = { ...push(1), title: undefined, body: undefined } as PushPayload
    const fetches = () => browser.requests.filter(({ url }) => url.includes('/v1/messages/'))
    let answer = (_: HttpAnswer): void => undefined
    browser.slow = ({ url }) =>
      url.includes('/v1/messages/') ? new Promise((resolve) => (answer = resolve)) : undefined
    browser.push.bring({ payload: idOnly, shown: false })
    pushOfA.bring({ payload: idOnly, shown: false })
    for (let turn = 0; turn < 3; turn += 1) {
      for (const clock of [clockOfA, browser.clock]) clock.advance(SETTLE_MS)
      await rest(browser, 'a', 'b')
    }
    expect(fetches()).toHaveLength(1)
    answer({ status: 200, text: JSON.stringify(message(ME, 1)) })
    await rest(browser, 'a', 'b')
    browser.push.bring({ payload: idOnly, shown: false })
    await settle()
    browser.clock.advance(SETTLE_MS)
    await rest(browser, 'a', 'b')
    expect(fetches()).toHaveLength(1)
  })
})
