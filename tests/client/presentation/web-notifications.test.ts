import { describe, expect, it } from 'vitest'
import { summarise } from '@/services/presentation/flood'
import { keepShell, registerWorker } from '@/services/presentation/h5/register-worker'
import { WebNotifications, type WebNotificationEnv } from '@/services/presentation/h5/web-notifications'
import type { ClickTarget, NotifyOptions } from '@/services/presentation/presentation'
import { alertOf, message, messages, t } from './fixtures'

const LOUD: NotifyOptions = { sound: true, vibration: true, preview: true }

/** A registration that checks what browsers check (notifications.spec.whatwg.org §2.6), and keeps what is shown. */
class FakeRegistration {
  readonly shown = new Map<string, { title: string; options: Record<string, unknown> }>()

  showNotification = async (title: string, options: Record<string, unknown>): Promise<void> => {
    if (options.silent === true && options.vibrate !== undefined) throw new TypeError('silent and vibrate')
    if (options.renotify === true && !options.tag) throw new TypeError('renotify without a tag')
    this.shown.set(String(options.tag), { title, options })
  }

  getNotifications = async () =>
    [...this.shown].map(([tag, { options }]) => ({
      tag,
      data: options.data,
      close: () => {
        this.shown.delete(tag)
      },
    }))
}

function open(env: Partial<WebNotificationEnv> & { granted?: NotificationPermission } = {}) {
  const registration = new FakeRegistration()
  const container = new EventTarget()
  const browser: { permission: NotificationPermission; asked: number } = {
    permission: env.granted ?? 'granted',
    asked: 0,
  }
  const notification = {
    get permission() {
      return browser.permission
    },
    requestPermission: async (): Promise<NotificationPermission> => {
      browser.asked++
      return (browser.permission = 'granted')
    },
  }
  const notifications = new WebNotifications({
    isSecureContext: true,
    notification,
    container: Object.assign(container, {
      startMessages: () => undefined,
    }),
    registration: Promise.resolve(registration as unknown as ServiceWorkerRegistration),
    isIosBrowser: false,
    namespace: 'herald',
    opened: null,
    icons: { icon: './icon-192.png', badge: './badge-96.png' },
    language: () => 'zh-Hans',
    t,
    ...env,
  })
  const post = (data: unknown): void => {
    container.dispatchEvent(new MessageEvent('message', { data }))
  }
  return { browser, notifications, registration, post }
}

describe('what the worker has shown of a chat server’s word', () => {
  it.each(['closeSummary', 'closeAll'] as const)(
    'goes with %s, and a host’s own notification stays',
    async (deed) => {
      const { notifications, registration } = open()
      const data = { inbox: true, nudge: true, pushed: true }
      await registration.showNotification('bob@example.org', { tag: 'of-bob', data })
      await registration.showNotification('a host’s', { tag: 'theirs', data: { of: 'a host' } })
      await notifications[deed]()
      expect([...registration.shown.keys()]).toEqual(['theirs'])
    },
  )
})

describe('a notification of the browser', () => {
  it('carries words, tag, target and how loud it is', async () => {
    const { notifications, registration } = open()
    await notifications.notify(alertOf(1, { priority: 4 }), LOUD)
    const { id, feed, time } = message(1)
    expect(registration.shown.get(id)).toEqual({
      title: 'title 1',
      options: {
        body: 'body 1',
        tag: id,
        data: { messageId: id, feed },
        icon: './icon-192.png',
        badge: './badge-96.png',
        lang: 'zh-Hans',
        timestamp: time,
        renotify: true,
        silent: false,
        requireInteraction: false,
        vibrate: [300, 100, 300],
      },
    })
  })

  it('stays until it is seen at the highest priority', async () => {
    const { notifications, registration } = open()
    await notifications.notify(alertOf(1, { priority: 5 }), LOUD)
    expect(registration.shown.get(message(1).id)?.options.requireInteraction).toBe(true)
  })

  it('never asks for silence and vibration together', async () => {
    const { notifications, registration } = open()
    for (const sound of [true, false]) {
      for (const vibration of [true, false])
        await notifications.notify(alertOf(1), { sound, vibration, preview: true })
    }
    expect(registration.shown.get(message(1).id)?.options).toMatchObject({ silent: true, renotify: false })
  })

  it('tells nothing without preview', async () => {
    const { notifications, registration } = open()
    await notifications.notify(alertOf(1, { title: 'secret', body: 'secret' }), { ...LOUD, preview: false })
    expect(JSON.stringify([...registration.shown])).not.toContain('secret')
  })

  it('of a flood is one, which changes in place', async () => {
    const { notifications, registration } = open()
    await notifications.notify(summarise([message(1), ...messages(2, 9)]), LOUD)
    await notifications.notify(summarise([message(1), ...messages(2, 36)]), { ...LOUD, sound: false })
    expect([...registration.shown.keys()]).toEqual(['herald-summary'])
    expect(registration.shown.get('herald-summary')).toMatchObject({
      title: 'alert.summary.title count=37',
      options: { data: { inbox: true }, renotify: false },
    })
  })

  it('is taken away by message, as the summary, or with all others', async () => {
    const { notifications, registration } = open()
    for (const number of [1, 2, 3]) await notifications.notify(alertOf(number), LOUD)
    await notifications.notify(summarise([message(1)]), LOUD)
    await notifications.close([message(1).id, message(2).id, message(9).id])
    expect([...registration.shown.keys()]).toEqual([message(3).id, 'herald-summary'])
    await notifications.closeSummary()
    expect([...registration.shown.keys()]).toEqual([message(3).id])
    await notifications.closeAll()
    expect(registration.shown.size).toBe(0)
  })

  it('is taken away alone, and what others show by the same worker stays', async () => {
    const { notifications, registration } = open()
    await notifications.notify(alertOf(1), LOUD)
    for (const [tag, data] of [
      ['order', { orderId: 7 }],
      ['', null],
      ['order 7', { messageId: message(1).id, feed: 'all' }],
    ] as const)
      await registration.showNotification('of the shop', { tag, data })
    await notifications.closeAll()
    expect([...registration.shown.keys()]).toEqual(['order', '', 'order 7'])
  })

  it('is not shown without permission', async () => {
    const { notifications, registration } = open({ granted: 'default' })
    await notifications.notify(alertOf(1), LOUD)
    expect(registration.shown.size).toBe(0)
  })

  it('fails aloud when the worker could not be registered', async () => {
    const { notifications } = open({ registration: Promise.reject(new Error('404')) })
    await expect(notifications.notify(alertOf(1), LOUD)).rejects.toThrow('404')
  })

  it('is not taken for shown where there is no worker', async () => {
    const { notifications } = open({ registration: Promise.resolve(null) })
    await expect(notifications.notify(alertOf(1), LOUD)).rejects.toThrow('no service worker')
  })
})

describe('the permission of the browser', () => {
  it('is asked for once', async () => {
    const { browser, notifications } = open({ granted: 'default' })
    expect(await notifications.permission()).toBe('default')
    expect(await notifications.requestPermission()).toBe('granted')
    expect(await notifications.requestPermission()).toBe('granted')
    expect(browser.asked).toBe(1)
  })

  it('is not asked for again after a no', async () => {
    const { browser, notifications } = open({ granted: 'denied' })
    expect(await notifications.requestPermission()).toBe('denied')
    expect(browser.asked).toBe(0)
  })

  it.each([
    ['insecure', { isSecureContext: false }],
    ['browser', { notification: undefined }],
    ['browser', { container: undefined }],
    ['home_screen', { notification: undefined, isIosBrowser: true }],
  ] as const)('cannot be had: %s', async (reason, env) => {
    const { browser, notifications, registration } = open(env)
    expect(notifications.unsupported()).toBe(reason)
    expect(await notifications.permission()).toBe('unsupported')
    expect(await notifications.requestPermission()).toBe('unsupported')
    await notifications.closeAll()
    expect(browser.asked).toBe(0)
    expect(registration.shown.size).toBe(0)
  })
})

describe('a click that the worker reports', () => {
  it('is handed over, one from before the handler too, once', () => {
    const { notifications, post } = open()
    post({ type: 'open', messageId: 'a', feed: 'all' })
    const targets: ClickTarget[] = []
    notifications.onClick((target) => targets.push(target))
    post({ type: 'open', inbox: true })
    expect(targets).toEqual([{ messageId: 'a', feed: 'all' }, { inbox: true }])
  })

  it('must be one', () => {
    const { notifications, post } = open()
    const targets: ClickTarget[] = []
    notifications.onClick((target) => targets.push(target))
    for (const data of [
      null,
      'open',
      {},
      { type: 'open' },
      { type: 'other', inbox: true },
      { type: 'open', messageId: 5, feed: 'all' },
    ]) {
      post(data)
    }
    expect(targets).toEqual([])
  })
})

describe('registering the worker', () => {
  it('asks for its worker at the root of the app, past HTTP’s cache, and waits until it is active', async () => {
    const registered: unknown[] = []
    const active = { active: null } as ServiceWorkerRegistration
    const container = {
      register: async (...args: unknown[]) => {
        registered.push(args)
        return {} as ServiceWorkerRegistration
      },
      ready: Promise.resolve(active),
    }
    expect(await registerWorker(container, '/app/', '/app/sw.js')).toBe(active)
    expect(registered).toEqual([['/app/sw.js', { scope: '/app/', updateViaCache: 'none' }]])
    expect(await registerWorker(undefined, '/app/', '/app/sw.js')).toBeNull()
  })

  it('gives up on a worker that could not be installed', async () => {
    const installing = Object.assign(new EventTarget(), { state: 'installing' })
    const container = {
      register: () => Promise.resolve({ installing } as unknown as ServiceWorkerRegistration),
      ready: new Promise<never>(() => undefined),
    }
    const registered = registerWorker(container, '/', '/sw.js')
    await Promise.resolve()
    installing.state = 'installed'
    installing.dispatchEvent(new Event('statechange'))
    expect(await Promise.race([registered, Promise.resolve('waits')])).toBe('waits')
    installing.state = 'redundant'
    installing.dispatchEvent(new Event('statechange'))
    expect(await registered).toBeNull()
  })

  it('tells the worker to keep the app', () => {
    const posted: unknown[] = []
    const registration = {
      active: { postMessage: (data: unknown) => posted.push(data) },
    } as unknown as ServiceWorkerRegistration
    keepShell(registration)
    keepShell({ active: null } as ServiceWorkerRegistration)
    expect(posted).toEqual([{ type: 'keep' }])
  })
})
