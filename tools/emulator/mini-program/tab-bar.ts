import { asyncApi, Refusal, type Api, type ApiOptions } from './api'
import type { MiniHost } from './host'
import type { PageStack } from './page-stack'
import { shownText } from './shown-text'

export interface Tab {
  readonly path: string
  text: string
  /** As it is drawn; '' for none. */
  badge: string
  redDot: boolean
}

/** WeChat draws at most three signs. */
const BADGE_LENGTH = 3

/** The tab bar, which WeChat lets be changed only while a tab's page is on top. */
export function openTabBar(host: MiniHost, pages: PageStack) {
  const tabs: Tab[] = (host.bundle.config.tabBar?.list ?? []).map(({ pagePath, text }) => ({
    path: pagePath,
    text,
    badge: '',
    redDot: false,
  }))
  const styles: Record<string, unknown> = {}
  let isHidden = false
  const change = (name: string, work: (options: ApiOptions) => void): [string, Api] => [
    name,
    asyncApi(host, name, (options) => {
      if (!pages.pages.at(-1)?.isTab) throw new Refusal('not TabBar page')
      work(options)
      return {}
    }),
  ]
  const at = ({ index }: ApiOptions): Tab => {
    const tab = tabs[Number(index)]
    if (tab === undefined) throw new Refusal('tabbar item not found')
    return tab
  }
  const api = Object.fromEntries([
    change('setTabBarBadge', (options) => {
      const text = shownText(options.text)
      Object.assign(at(options), { badge: text.length > BADGE_LENGTH ? '...' : text, redDot: false })
    }),
    change('removeTabBarBadge', (options) => Object.assign(at(options), { badge: '', redDot: false })),
    change('showTabBarRedDot', (options) => Object.assign(at(options), { badge: '', redDot: true })),
    change('hideTabBarRedDot', (options) => Object.assign(at(options), { redDot: false })),
    change('setTabBarItem', (options) => {
      const tab = at(options)
      if (options.text !== undefined) tab.text = shownText(options.text)
    }),
    change('setTabBarStyle', (options) => Object.assign(styles, host.realm.copy(options))),
    change('showTabBar', () => void (isHidden = false)),
    change('hideTabBar', () => void (isHidden = true)),
  ])
  return { tabs, styles, api, isHidden: () => isHidden }
}
