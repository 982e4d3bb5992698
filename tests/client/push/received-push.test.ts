import { describe, expect, test } from 'vitest'
import type { PlusPushMessage } from '@/services/presentation/app/plus-push'
import { PlusPushes } from '@/services/push/app/plus-pushes'
import { FakeBrowser } from '../session/fake-client'
import { settle } from '../fake-clock'
import { message } from '../messages'

const LINK = 'https://gateway/#/pages/sign-in/sign-in?code=abcdefghij'
const ME = 'user:me'

async function rest(browser: FakeBrowser): Promise<void> {
  for (let round = 0; round < 6; round += 1) {
    await settle()
    while (browser.gateway.serve('socket of lone')) await settle()
    while (browser.gateway.carry('socket of lone')) await settle()
  }
}

/** The client with the App's real listener: `receive` is what `plus.push` tells. */
async function signedInApp() {
  const browser = new FakeBrowser()
  const { client, view } = browser.openTab('lone')
  await client.signInWithLink(LINK)
  await rest(browser)
  let listener: (message: PlusPushMessage) => void = () => undefined
  const pushes = new PlusPushes({
    push: {
      addEventListener: (type, added) => {
        if (type === 'receive') listener = added
      },
      getClientInfoAsync: () => undefined,
      getAllMessage: () => [],
      remove: () => undefined,
    },
    permission: () => 'granted',
    getPushClientId: () => undefined,
    jpush: () => null,
    identity: () => ({
      ...{ platform: 'android', bundleId: () => undefined, dcloudId: '__UNI__1' },
      ...{ apnsEnvironment: 'production', jpushKey: undefined },
    }),
    recipient: () => 'recipient-of-me',
    isHidden: () => false,
    clock: browser.clock,
    log: () => undefined,
  })
  pushes.onPush((push) => {
    browser.push.bring(push)
  })
  const banners = () => view.banners.filter((alert) => alert !== null)
  return { browser, view, banners, receive: (payload: unknown) => listener({ payload }) }
}

const { id, feed, seq, time, priority, body } = message(ME, 1)
const PAYLOAD = {
  ...{ herald: 1, to: 'recipient-of-me', badge: 1, type: 'message', epoch: 'e1', title: 'pushed' },
  ...{ id, feed, seq, time, priority, body },
}

describe.each([
  ['text', JSON.stringify(PAYLOAD)],
  ['an object', PAYLOAD],
])('a push that a provider hands to the open App as %s', (_, payload) => {
  test('is shown once when the socket has brought the message already', async () => {
    const { browser, view, banners, receive } = await signedInApp()
    browser.gateway.publish(ME, 1)
    await rest(browser)
    expect(banners()).toHaveLength(1)
    receive(payload)
    await rest(browser)
    expect(banners()).toHaveLength(1)
    expect(view.seqs).toEqual(['user:me 1'])
  })

  test('is shown once when the socket brings the message after it', async () => {
    const { browser, view, banners, receive } = await signedInApp()
    receive(payload)
    await rest(browser)
    expect(banners()).toMatchObject([{ message: { id, title: 'pushed' } }])
    browser.gateway.publish(ME, 1)
    await rest(browser)
    expect(banners()).toHaveLength(1)
    expect(view.seqs).toEqual(['user:me 1'])
  })
})
