import { describe, expect, test } from 'vitest'
import type { PushPayload } from '@herald/protocol'
import { SETTLE_MS } from '@/services/presentation/alert-hold'
import { BANNER_ANSWER_MS } from '@/services/tabs/banner-router'
import { settle } from './fake-clock'
import { message } from './messages'
import { FakeBrowser } from './session/fake-client'

const LINK = 'https://gateway/#/pages/sign-in/sign-in?code=abcdefghij'
const ME = 'user:me'

const push = (seq: number, patch: Partial<Extract<PushPayload, { type: 'message' }>> = {}): PushPayload => {
  const { id, feed, time, priority, body } = message(ME, seq)
  const common = { herald: 1, to: 'recipient-of-me', badge: 1, type: 'message', epoch: 'e1' } as const
  return { ...common, id, feed, seq, time, priority, title: 'pushed', body, ...patch }
}

/** Lets frames, storage and messages between tabs come to rest. */
async function rest(browser: FakeBrowser, ...tabs: string[]): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await settle()
    for (const tab of tabs) {
      while (browser.gateway.serve(`socket of ${tab}`)) await settle()
      while (browser.gateway.carry(`socket of ${tab}`)) await settle()
    }
  }
}

async function signedIn(...tabs: [string, ...string[]]) {
  const browser = new FakeBrowser()
  browser.push.tokens = {
    registrations: [
      { provider: 'unipush', app: 'app', environment: 'production', kind: 'alert', token: 'cid' },
    ],
  }
  const [first, ...others] = tabs
  const opened = [browser.openTab(first)]
  await opened[0]?.client.signInWithLink(LINK)
  await rest(browser, first)
  for (const tab of others) opened.push(browser.openTab(tab, { visible: false }))
  await rest(browser, ...tabs)
  const banners = (): number =>
    opened.reduce((sum, { view }) => sum + view.banners.filter((alert) => alert !== null).length, 0)
  /** How often the person was told, by whatever surface of this device. */
  const told = (): number => banners() + browser.system.notified
  return { browser, opened, told }
}

type Way = 'socket' | 'push' | 'repeated push' | 'other token'
const WAYS: readonly Way[] = ['socket', 'push', 'repeated push', 'other token']

function* orders(ways: readonly Way[]): Generator<Way[]> {
  if (ways.length === 0) yield []
  for (const way of ways)
    for (const rest of orders(ways.filter((other) => other !== way))) yield [way, ...rest]
}

describe('one message that comes by both channels', () => {
  test.each([...orders(WAYS)].map((order) => [order.join(', '), order] as const))(
    'D4-01: is told once when it comes by %s',
    async (_name, order) => {
      const { browser, opened, told } = await signedIn('lone')
      for (const way of order) {
        if (way === 'socket') browser.gateway.publish(ME, 1)
        else browser.push.bring({ payload: push(1), shown: false })
        await rest(browser, 'lone')
      }
      browser.clock.advance(SETTLE_MS)
      await rest(browser, 'lone')
      expect(told()).toBe(1)
      expect(opened[0]?.view.seqs).toEqual(['user:me 1'])
    },
  )

  test('D4-05: is told once when its ack was lost and the push comes after the display', async () => {
    const { browser, opened, told } = await signedIn('lone')
    browser.gateway.publish(ME, 1)
    await settle()
    while (browser.gateway.serve('socket of lone')) await settle()
    while (browser.gateway.carry('socket of lone')) await settle()
    expect(told()).toBe(1)
    browser.push.bring({ payload: push(1), shown: false })
    await rest(browser, 'lone')
    expect(told()).toBe(1)
    // After a restart, too: what was presented is on disk.
    browser.killTab('lone')
    const again = browser.openTab('lone')
    await rest(browser, 'lone')
    browser.push.bring({ payload: push(1), shown: false })
    await rest(browser, 'lone')
    expect(again.view.banners.filter((alert) => alert !== null)).toEqual([])
    expect(opened).toHaveLength(1)
  })
})

describe('many tabs', () => {
  test('D4-16: tell once and ack once between them, by socket and by push', async () => {
    const { browser, opened, told } = await signedIn('a', 'b', 'c')
    browser.gateway.publish(ME, 1)
    await rest(browser, 'a', 'b', 'c')
    browser.clock.advance(SETTLE_MS)
    browser.push.bring({ payload: push(1), shown: false })
    await rest(browser, 'a', 'b', 'c')
    expect(told()).toBe(1)
    expect(browser.gateway.acks.filter(({ feed }) => feed === ME)).toEqual([
      { type: 'ack', feed: ME, epoch: 'e1', seq: 1 },
    ])
    for (const { view } of opened) expect(view.seqs).toEqual(['user:me 1'])
  })

  test('D4-16: still tell once when the one with the socket dies', async () => {
    const { browser, opened, told } = await signedIn('a', 'b', 'c')
    browser.killTab('a')
    await rest(browser, 'b', 'c')
    browser.gateway.publish(ME, 1)
    await rest(browser, 'b', 'c')
    browser.clock.advance(SETTLE_MS + BANNER_ANSWER_MS)
    await rest(browser, 'b', 'c')
    expect(told()).toBe(1)
    for (const { view } of opened.slice(1)) expect(view.seqs).toEqual(['user:me 1'])
  })
})
