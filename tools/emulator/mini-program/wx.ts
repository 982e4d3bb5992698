import { unsimulated } from '../strict'
import { asyncApi, type Api } from './api'
import type { MiniHost } from './host'
import type { Interface } from './interface'
import type { PageStack } from './page-stack'
import { openStorage } from './storage'
import { WX_FUNCTIONS, WX_NAMESPACES } from './wx-names'

export interface WxParts {
  readonly pages: PageStack
  readonly interface: Interface
  readonly system: Record<string, Api>
  readonly tabBar: Record<string, Api>
  readonly requests: Record<string, Api>
  readonly sockets: Record<string, Api>
  readonly queries: Record<string, Api>
}

/** The global `wx`. What a phone has and this has not throws with its full name; what no phone has is undefined. */
export function openWx(host: MiniHost, parts: WxParts): Record<string, unknown> {
  const missing = WX_FUNCTIONS.map((name) => [name, () => host.missing(`wx.${name}`)])
  const namespaces = WX_NAMESPACES.map((name) => [
    name,
    unsimulated(`wx.${name}`, (path) => host.missing(path)),
  ])
  return {
    ...(Object.fromEntries([...missing, ...namespaces]) as object),
    env: host.realm.copy({ USER_DATA_PATH: 'http://usr' }),
    canIUse: (name: unknown) => WX_FUNCTIONS.includes(String(name).split('.')[0] ?? ''),
    ...openStorage(host),
    ...parts.system,
    ...parts.interface.api,
    ...parts.tabBar,
    ...parts.requests,
    ...parts.sockets,
    ...parts.queries,
    ...openRoutes(host, parts.pages),
  }
}

/** Routes change after the app's current code; the answer comes when they have. */
function openRoutes(host: MiniHost, pages: PageStack): Record<string, Api> {
  const route = (name: string, go: (options: Readonly<Record<string, unknown>>) => void): [string, Api] => [
    name,
    asyncApi(host, name, async (options) => {
      await new Promise((done) => setImmediate(done))
      go(options)
      return {}
    }),
  ]
  return Object.fromEntries([
    route('navigateTo', ({ url }) => pages.navigateTo(url)),
    route('redirectTo', ({ url }) => pages.redirectTo(url)),
    route('reLaunch', ({ url }) => pages.reLaunch(url)),
    route('switchTab', ({ url }) => pages.switchTab(url)),
    route('navigateBack', ({ delta }) => pages.navigateBack(Number(delta ?? 1))),
  ])
}
