import type { UniStorage } from './key-value'

/**
 * uni's own storage. Each call is written out: the H5 build replaces `uni.name(…)` by an import and leaves the object
 * `uni` itself empty (@dcloudio/uni-h5-vite, tree shaking), so it must never be passed around.
 */
export const uniStorage: UniStorage = {
  getStorageSync: (key): unknown => uni.getStorageSync(key),
  setStorageSync: (key, value) => {
    uni.setStorageSync(key, value)
  },
  removeStorageSync: (key) => {
    uni.removeStorageSync(key)
  },
  getStorageInfoSync: () => uni.getStorageInfoSync(),
}
