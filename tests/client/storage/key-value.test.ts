import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { MemoryKeyValue, UniKeyValue, type UniStorage } from '@/services/storage/key-value'
import { FakeWxStorage } from './fake-wx-storage'

const failing = (error: unknown): UniStorage => {
  const fail = (): never => {
    throw error as Error
  }
  return { getStorageSync: fail, setStorageSync: fail, removeStorageSync: fail, getStorageInfoSync: fail }
}

describe.each([
  ['uni storage', () => new UniKeyValue(new FakeWxStorage(), 'herald')],
  ['memory', () => new MemoryKeyValue()],
])('a key-value over %s', (_, open) => {
  it('gives back any value that JSON holds, and the empty text too', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.jsonValue(), (key, value) => {
        const store = open()
        store.set(key, value)
        expect(store.get(key)).toEqual(JSON.parse(JSON.stringify(value)))
      }),
    )
    const store = open()
    store.set('empty', '')
    expect(store.get('empty')).toBe('')
  })

  it('knows no missing or removed key, and lists the others', () => {
    const store = open()
    store.set('a', 1)
    store.set('b', 2)
    store.remove('a')
    store.remove('never')
    expect(store.get('a')).toBeUndefined()
    expect(store.keys()).toEqual(['b'])
  })
})

describe('uni storage that fails', () => {
  it('finds out that the App swallowed an error', () => {
    const app: UniStorage = {
      getStorageSync: () => '',
      setStorageSync: () => undefined,
      removeStorageSync: () => undefined,
      getStorageInfoSync: () => ({ keys: [] }),
    }
    expect(() => {
      new UniKeyValue(app, 'herald').set('token', 'x')
    }).toThrow(expect.objectContaining({ problem: 'full' }))
  })

  it.each([
    ['H5 when full', new DOMException('exceeded the quota', 'QuotaExceededError'), 'full'],
    ['H5 that forbids storage', new DOMException('denied', 'SecurityError'), 'unavailable'],
    ['WeChat when full', new Error('setStorageSync:fail exceed storage max size 10Mb'), 'full'],
    ['WeChat with an object', { errMsg: 'setStorageSync:fail exceed storage max size 10Mb' }, 'full'],
    ['anything else', new Error('setStorageSync:fail system error'), 'failed'],
  ])('names the problem of %s', (_, error, problem) => {
    const store = new UniKeyValue(failing(error), 'herald')
    expect(() => {
      store.set('a', 1)
    }).toThrow(expect.objectContaining({ name: 'StorageError', problem }))
    expect(() => {
      store.remove('a')
    }).toThrow(expect.objectContaining({ problem }))
    expect(() => store.get('a')).toThrow(expect.objectContaining({ problem }))
    expect(() => store.keys()).toThrow(expect.objectContaining({ problem }))
  })

  it('names it where there is no DOMException, as in mini-programs', () => {
    vi.stubGlobal('DOMException', undefined)
    try {
      const store = new UniKeyValue(
        failing({ errMsg: 'setStorageSync:fail exceed storage max size 10Mb' }),
        'herald',
      )
      expect(() => {
        store.set('a', 1)
      }).toThrow(expect.objectContaining({ name: 'StorageError', problem: 'full' }))
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it('takes what it did not write for missing', () => {
    const storage = new FakeWxStorage()
    storage.setStorageSync('a', 'half a {')
    expect(new UniKeyValue(storage, 'herald').get('a')).toBeUndefined()
    storage.getStorageSync = () => 5
    expect(new UniKeyValue(storage, 'herald').get('a')).toBeUndefined()
  })
})
