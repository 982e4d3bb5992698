import { afterEach, describe, expect, it, test, vi } from 'vitest'
import { openApp } from '@/services/platform/app'
import { completeOptions, type PlatformOptions } from '@/services/platform/platform-options'
import type { PlatformHooks } from '@/services/platform/platform-port'
import { openBadges } from '@/services/platform/uni'
import { PushNotifications } from '@/services/presentation/app/push-notifications'
import { workerUrl } from '@/services/presentation/h5/register-worker'
import { ChunkedStorage } from '@/services/storage/chunked'
import { MemoryKeyValue, UniKeyValue } from '@/services/storage/key-value'
import { broadcastTabChannel } from '@/services/tabs/broadcast-tab-channel'
import { LockElection } from '@/services/tabs/lock-election'
import { FakeClock, settle } from '../fake-clock'
import { messageAt } from '../storage/inbox-fixtures'
import { FakePhone } from '../presentation/fake-plus'
import { FakeServiceWorker } from '../presentation/fake-service-worker'
import { alertOf, t } from '../presentation/fixtures'
import { FakeWxStorage } from '../storage/fake-wx-storage'

const LOUD = { sound: true, vibration: true, preview: true }

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a namespace', () => {
  it('is of letters, digits and "-", since it names files, locks and caches', () => {
    expect(completeOptions({}, false).namespace).toBe('herald')
    expect(completeOptions({ namespace: 'shop-2' }, false).namespace).toBe('shop-2')
    for (const namespace of ['', '2shop', 'Shop', 'a.b', "x'; DROP TABLE rows"])
      expect(() => completeOptions({ namespace }, false)).toThrow('namespace')
  })

  it('keeps the values of two apps in one storage apart, and those of the host', () => {
    const storage = new FakeWxStorage()
    storage.setStorageSync('cart', '[]')
    const shop = new UniKeyValue(storage, 'shop')
    const admin = new UniKeyValue(storage, 'admin')
    shop.set('session', 'a customer')
    expect(admin.get('session')).toBeUndefined()
    admin.set('session', 'an administrator')
    admin.remove('cart')
    expect(shop.get('session')).toBe('a customer')
    expect([shop.keys(), admin.keys()]).toEqual([['session'], ['session']])
    admin.remove('session')
    expect(storage.getStorageInfoSync().keys).toEqual(['cart', 'shop.session'])
  })

  it('keeps the chunks of a list whose app is swept at its start apart', async () => {
    const storage = new FakeWxStorage()
    const shop = new ChunkedStorage(new UniKeyValue(storage, 'shop'))
    await shop.write({ rows: [messageAt('all', 1)] })
    await new ChunkedStorage(new UniKeyValue(storage, 'admin')).clear()
    expect((await new ChunkedStorage(new UniKeyValue(storage, 'shop')).load()).rows).toHaveLength(1)
  })

  it('names the lock of the leader and the channel of the tabs', () => {
    const names: string[] = []
    const locks = { request: (name: string) => Promise.resolve(names.push(name)) }
    new LockElection(locks, 'shop').stand({ won: () => undefined, lost: () => undefined })
    const port = { postMessage: () => undefined, addEventListener: () => undefined }
    broadcastTabChannel(
      (name) => {
        names.push(name)
        return port
      },
      'shop',
      () => undefined,
    )
    expect(names).toEqual(['shop.leader', 'shop.tabs'])
  })

  it('asks for no worker that the host has not named: there is no file for it in a host’s build', () => {
    expect(completeOptions({}, false).worker).toBe(false)
    expect(completeOptions({ worker: 'sw.js' }, false).worker).toBe('sw.js')
  })

  it('reaches the worker by its address, and Herald’s own worker keeps the address that it had', () => {
    expect(workerUrl('sw.js', 'https://a.example/app/', 'herald')).toBe('https://a.example/app/sw.js')
    expect(workerUrl('./herald-sw.js', 'https://a.example/shop/', 'shop')).toBe(
      'https://a.example/shop/herald-sw.js?namespace=shop',
    )
  })

  it('keeps the worker from the caches of another app of the origin', async () => {
    const worker = new FakeServiceWorker('https://a.example/shop/', 'shop')
    for (const name of ['herald-shell-0', 'herald-session', 'shop-shell-0', 'shop-session'])
      worker.stores.set(name, new Map())
    await worker.dispatch('activate')
    expect([...worker.stores.keys()]).toEqual(['herald-shell-0', 'herald-session', 'shop-session'])
  })
})

describe('the unread count', () => {
  const counted = (given: Partial<PlatformOptions['badge']>, isApp: boolean) => {
    const shown: string[] = []
    vi.stubGlobal('uni', {
      setTabBarBadge: ({ index, text }: { index: number; text: string }) =>
        shown.push(`tab ${index}: ${text}`),
      removeTabBarBadge: () => undefined,
    })
    const at = (place: string) => ({ set: (unread: number) => void shown.push(`${place}: ${unread}`) })
    const { badge } = completeOptions({ badge: given }, isApp)
    openBadges(badge, { icon: at('icon'), title: () => at('title') }).badge.set(2)
    return shown
  }

  it('is shown nowhere in a host’s app that did not ask for it, but on the icon of a phone', () => {
    expect(counted({}, false)).toEqual([])
    expect(counted({}, true)).toEqual(['icon: 2'])
    expect(counted({ icon: false }, true)).toEqual([])
  })

  it('is shown where the host asked for it', () => {
    expect(counted({ tab: 3, title: true }, false)).toEqual(['title: 2', 'tab 3: 2'])
  })
})

describe('the tray of a host’s app', () => {
  async function tray(os: 'Android' | 'iOS') {
    const phone = new FakePhone(os)
    const notifications = new PushNotifications({
      ...{ push: phone.push, uni: phone.uni, android: phone.android, osVersion: '14' },
      ...{ keyValue: new MemoryKeyValue(), clock: new FakeClock(), t, ownsTray: false },
      takeClick: () => null,
      isVisible: () => true,
      unread: () => 0,
      onCleared: () => {
        throw new Error('the tray was not cleared')
      },
    })
    await notifications.notify(alertOf(1), LOUD)
    phone.uni.createPushMessage({
      title: 'Your parcel',
      content: 'is here',
      payload: '{"order":7}',
      sound: 'none',
      when: new Date(0),
      success: () => undefined,
      fail: () => undefined,
    })
    await settle()
    return { phone, notifications }
  }

  it('keeps the host’s notifications when its user signs out', async () => {
    const { phone, notifications } = await tray('Android')
    await notifications.closeAll()
    expect(phone.tray).toMatchObject([{ payload: '{"order":7}' }])
    expect(phone.cleared).toBe(0)
  })

  it('is never cleared on iOS, where an app can only clear all of it', async () => {
    const { phone, notifications } = await tray('iOS')
    await notifications.close(['m1'])
    await notifications.closeAll()
    expect(phone.cleared).toBe(0)
    expect(phone.tray).toHaveLength(2)
  })
})

/** `plus` of an Android phone whose package has neither the module SQLite nor Push, and what `uni` an app starts with. */
function stubBareApp(): void {
  const storage = new FakeWxStorage()
  const silent = () => undefined
  vi.stubGlobal('plus', {
    os: { name: 'Android', version: '14' },
    runtime: { setBadgeNumber: silent },
    device: { vendor: 'Google', beep: silent, vibrate: silent },
    nativeObj: { View: silent },
    android: {},
  })
  vi.stubGlobal('uni', {
    getStorageSync: (key: string) => storage.getStorageSync(key),
    setStorageSync: (key: string, value: string) => {
      storage.setStorageSync(key, value)
    },
    removeStorageSync: (key: string) => {
      storage.removeStorageSync(key)
    },
    getStorageInfoSync: () => storage.getStorageInfoSync(),
    ...{ onAppShow: silent, onAppHide: silent, onWindowResize: silent, onThemeChange: silent },
  })
}

test('an app that was packaged without SQLite and Push keeps its list, notifies by its banner, and says what is missing', async () => {
  stubBareApp()
  const hooks: PlatformHooks = {
    options: completeOptions({ namespace: 'shop' }, true),
    t,
    language: () => 'en',
    pageBanner: { show: () => undefined, hide: () => undefined },
    preview: () => true,
    isDark: () => false,
    bannerPlace: () => 'over',
    onLook: () => undefined,
    unread: () => 0,
    openAlert: () => undefined,
    dismissBanner: () => undefined,
  }
  const platform = openApp(hooks)
  expect(platform.missingModules).toEqual(['SQLite', 'Push'])
  expect(await platform.system.permission()).toBe('unsupported')
  expect(platform.system.unsupported()).toBe('module')
  await platform.storage.write({ rows: [messageAt('all', 1)] })
  expect((await openApp(hooks).storage.load()).rows).toHaveLength(1)
})
