import type { TabItem } from '../chrome/screen-state'
import type { NativeHost } from './host'

interface TabBarConfig extends Partial<Omit<TabItem, 'badge' | 'dot'>> {
  readonly list?: readonly Partial<TabItem>[]
  readonly [style: string]: unknown
}

/** The module `uni-tabview`: the engine's tab bar, with its badges. */
export function openTabView(host: NativeHost) {
  const { screen, config, device } = host
  const texts = config.locales?.[device.locale] ?? config.locales?.[device.locale.split('-')[0] ?? ''] ?? {}
  const theme = config.themeConfig?.[device.uiStyle] ?? {}
  const resolve = (value: unknown): unknown => {
    if (typeof value !== 'string') return value
    const named = /^%(.+)%$/.exec(value)?.[1]
    return named === undefined
      ? value.startsWith('@')
        ? theme[value.slice(1)]
        : value
      : (texts[named] ?? named)
  }
  const resolved = <T extends object>(values: T) =>
    Object.fromEntries(
      Object.entries(values)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, resolve(value)]),
    ) as Partial<T>

  const { list = [], ...style } = (config.tabBar ?? {}) as TabBarConfig
  const items = list.map((item): TabItem => ({
    text: '',
    badge: '',
    dot: false,
    visible: true,
    ...resolved(item),
  }))
  const bar = { items, selected: 0, visible: true, style: resolved(style) as Record<string, string> }
  screen.state.tabBar = items.length === 0 ? null : bar

  const change = (index: number, values: Partial<TabItem>) => {
    const item = bar.items[index]
    if (item !== undefined) Object.assign(item, resolved(values))
    screen.change()
  }
  const setVisible = (visible: boolean) => {
    bar.visible = visible
    screen.change()
  }
  return {
    append: ({ id }: { id: string }, done: (result: unknown) => void) => {
      const webview = screen.state.webviews.find((one) => one.id === id)
      if (webview !== undefined) webview.isTab = true
      screen.change()
      host.time.later(() => done(host.toLogic({ code: 0 })))
    },
    switchSelect: ({ index }: { index: number }) => {
      bar.selected = index
      screen.change()
    },
    // A badge and a dot exclude each other.
    setTabBarBadge: ({ index, text }: { index: number; text: string }) =>
      change(index, { badge: text.length >= 4 ? '...' : text, dot: false }),
    removeTabBarBadge: ({ index }: { index: number }) => change(index, { badge: '' }),
    showTabBarRedDot: ({ index }: { index: number }) => change(index, { dot: true, badge: '' }),
    hideTabBarRedDot: ({ index }: { index: number }) => change(index, { dot: false }),
    setTabBarItem: ({ index, ...values }: Partial<TabItem> & { index: number }) => change(index, values),
    setTabBarItems: ({ list: changes }: { list: readonly Partial<TabItem>[] }) =>
      changes.forEach((values, index) => change(index, values)),
    setTabBarStyle: (values: Record<string, string>) => {
      bar.style = { ...bar.style, ...(resolved(values) as Record<string, string>) }
      screen.change()
    },
    showTabBar: () => setVisible(true),
    hideTabBar: () => setVisible(false),
    setMask: () => undefined,
    onClick: (listener: (event: unknown) => void) => {
      screen.onTab = (index) => host.time.run(() => listener(host.toLogic({ index })))
    },
    onMaskClick: () => undefined,
    onMidButtonClick: () => undefined,
  }
}
