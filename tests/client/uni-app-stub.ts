// Stands in for '@dcloudio/uni-app', whose hooks need uni's own Vue: records each hook so that a test can fire it.
type Hook = (...args: unknown[]) => unknown

const hooks = new Map<string, Hook[]>()

function recorder(name: string) {
  return (hook: Hook): void => {
    hooks.set(name, [...(hooks.get(name) ?? []), hook])
  }
}

export const onLaunch = recorder('onLaunch')
export const onShow = recorder('onShow')
export const onHide = recorder('onHide')
export const onError = recorder('onError')
export const onThemeChange = recorder('onThemeChange')
export const onUnhandledRejection = recorder('onUnhandledRejection')
export const onLoad = recorder('onLoad')
export const onReady = recorder('onReady')
export const onUnload = recorder('onUnload')
export const onBackPress = recorder('onBackPress')
export const onPageScroll = recorder('onPageScroll')
export const onPullDownRefresh = recorder('onPullDownRefresh')
export const onReachBottom = recorder('onReachBottom')
export const onResize = recorder('onResize')
export const onTabItemTap = recorder('onTabItemTap')

/** Calls every recorded hook of that name, in order, and gives their results. */
export function fireHook(name: string, ...args: unknown[]): unknown[] {
  return (hooks.get(name) ?? []).map((hook) => hook(...args))
}

/** Forgets every hook: call it between tests. */
export function clearHooks(): void {
  hooks.clear()
}
