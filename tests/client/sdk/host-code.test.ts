import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PlatformHooks } from '@/services/platform/platform-port'
import { createHerald } from '@/sdk'
import type { HeraldOptions } from '@/sdk/types'
import { FakeBrowser } from '../session/fake-client'

beforeEach(() => {
  // What a device has is read before any code that connects is asked for.
  vi.stubGlobal('uni', {
    getLocale: () => 'en',
    getSystemInfoSync: () => ({}),
    getStorageSync: () => '',
    setStorageSync: () => undefined,
    removeStorageSync: () => undefined,
    getStorageInfoSync: () => ({ keys: [] }),
  })
})

afterEach(() => {
  vi.unstubAllGlobals()
})

/** What the platform of a host on H5 is given, once the code that connects has come. */
function hooksOf(namespace: string, options: Partial<HeraldOptions>): Promise<PlatformHooks> {
  return new Promise((resolve) => {
    createHerald({
      server: 'https://gateway',
      banner: false,
      ...options,
      namespace,
      platform: (hooks) => {
        resolve(hooks)
        return new FakeBrowser().platform('lone')
      },
    })
  })
}

describe('the code that a host on H5 is given', () => {
  it('is without that of a service worker, for a host that has none', async () => {
    expect((await hooksOf('no-worker', {})).openWorker).toBeUndefined()
    expect((await hooksOf('worker-off', { worker: false })).openWorker).toBeUndefined()
  })

  it('is with that of a service worker, for a host that names one', async () => {
    expect((await hooksOf('with-worker', { worker: 'herald-sw.js' })).openWorker).toBeTypeOf('function')
  })
})
