import type { UniTabBar } from './badges'

/** uni's tab bar. Each call is written out, as `uni` itself is empty in the H5 build (@dcloudio/uni-h5-vite). */
export const uniTabBar: UniTabBar = {
  setTabBarBadge: (options) => {
    uni.setTabBarBadge(options)
  },
  removeTabBarBadge: (options) => {
    uni.removeTabBarBadge(options)
  },
}
