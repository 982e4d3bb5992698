import { afterEach, expect, test, vi } from 'vitest'
import { openHarmony } from '@/services/platform/harmony'
import { completeOptions } from '@/services/platform/platform-options'
import type { PlatformHooks } from '@/services/platform/platform-port'
import { alertOf, t } from '../presentation/fixtures'

interface Notification {
  readonly title: string
  readonly content: string
  success(): void
}

const banner: PlatformHooks['pageBanner'] = { show: () => undefined, hide: () => undefined }

const hooks: PlatformHooks = {
  options: completeOptions({ badge: { tab: 0 } }, true),
  t,
  language: () => 'en',
  pageBanner: banner,
  preview: () => true,
  isDark: () => false,
  bannerPlace: () => 'over',
  onLook: () => undefined,
  unread: () => 0,
  openAlert: () => undefined,
  dismissBanner: () => undefined,
}

/** `uni` of a HarmonyOS phone whose package has the module uni-push. */
function stubUni() {
  const shown: string[] = []
  const icon: number[] = []
  const kept = new Map<string, unknown>()
  vi.stubGlobal('uni', {
    getStorageSync: (key: string) => kept.get(key) ?? '',
    setStorageSync: (key: string, value: unknown) => void kept.set(key, value),
    removeStorageSync: (key: string) => kept.delete(key),
    getStorageInfoSync: () => ({ keys: [...kept.keys()] }),
    getSystemInfoSync: () => ({ appId: '__UNI__HERALD' }),
    setTabBarBadge: () => undefined,
    removeTabBarBadge: () => undefined,
    onPushMessage: () => undefined,
    getAppAuthorizeSetting: () => ({ notificationAuthorized: 'authorized' }),
    setAppBadgeNumber: (unread: number) => icon.push(unread),
    getPushClientId: (options: { success(result: { cid: string }): void }) => {
      options.success({ cid: 'cid' })
    },
    createPushMessage: (options: Notification) => {
      shown.push(`${options.title}: ${options.content}`)
      options.success()
    },
  })
  return { shown, icon }
}

afterEach(() => {
  vi.unstubAllGlobals()
})

test('the app on HarmonyOS has the page’s banner, notifies, counts on its icon and registers by uni-push', async () => {
  const { shown, icon } = stubUni()
  const platform = openHarmony(hooks)
  expect(platform.banner).toBe(banner)
  expect(await platform.system.permission()).toBe('granted')
  await platform.system.notify(alertOf(1), { sound: true, vibration: true, preview: true })
  expect(shown).toEqual(['title 1: body 1'])
  platform.badge.set(3)
  expect(icon).toEqual([3])
  const pushes = await platform.loadPush()
  expect(await pushes.find({ providers: [], webPush: null })).toMatchObject({
    registrations: [{ provider: 'unipush', app: '__UNI__HERALD', token: 'cid' }],
  })
})
