import { posix } from 'node:path'
import { Refusal } from './api'
import { Component } from './component'
import type { MiniHost } from './host'
import { componentsIn } from './node-tree'
import { shownText } from './shown-text'

/** developers.weixin.qq.com/miniprogram/dev/framework/app-service/route.html */
const STACK_LIMIT = 10

export interface OpenPage {
  readonly component: Component
  readonly path: string
  readonly isTab: boolean
  title: string
  scrollTop: number
}

interface Target {
  readonly path: string
  readonly query: Readonly<Record<string, string>>
}

/** The pages that are open, and the tabs' pages that wait. */
export class PageStack {
  readonly #app: MiniHost
  readonly #tabs = new Map<string, OpenPage>()
  #pages: readonly OpenPage[] = []

  constructor(app: MiniHost) {
    this.#app = app
  }

  get pages(): readonly OpenPage[] {
    return this.#pages
  }

  /** Throws before the first page is open. */
  get top(): OpenPage {
    const top = this.#pages.at(-1)
    if (top === undefined) throw new Error('no page is open')
    return top
  }

  isTab(path: string): boolean {
    return this.#app.bundle.config.tabBar?.list.some(({ pagePath }) => pagePath === path) ?? false
  }

  exists(path: string): boolean {
    return this.#app.bundle.config.pages.includes(path)
  }

  /** The app's first page. */
  launch(path: string, query: Target['query']): void {
    this.#reset(this.#open({ path, query }))
  }

  navigateTo(url: unknown): void {
    const target = this.#target(url)
    if (this.isTab(target.path)) throw new Refusal('can not navigateTo a tabbar page')
    if (this.#pages.length >= STACK_LIMIT) throw new Refusal('webview count limit exceed')
    this.hideTop()
    this.#pages = [...this.#pages, this.#open(target)]
  }

  redirectTo(url: unknown): void {
    const target = this.#target(url)
    if (this.isTab(target.path)) throw new Refusal('can not redirectTo a tabbar page')
    const left = this.top
    this.#pages = this.#pages.slice(0, -1)
    this.#unload(left)
    this.#pages = [...this.#pages, this.#open(target)]
  }

  reLaunch(url: unknown): void {
    const target = this.#target(url)
    const left = new Set([...[...this.#pages].reverse(), ...this.#tabs.values()])
    this.#tabs.clear()
    for (const page of left) this.#unload(page)
    this.#pages = []
    this.#reset(this.#open(target))
  }

  switchTab(url: unknown): void {
    const target = this.#target(url)
    if (!this.isTab(target.path)) throw new Refusal('can not switch to no-tabBar page')
    const before = this.#pages.at(-1)
    if (before?.path === target.path) return
    const opened = this.#pages.filter(({ isTab }) => !isTab)
    // Only what was on top is shown and so hears that it is hidden.
    if (before?.isTab === true) this.hideTop()
    for (const page of [...opened].reverse()) this.#unload(page)
    const known = this.#tabs.get(target.path)
    this.#pages = []
    if (known === undefined) this.#reset(this.#open(target))
    else {
      this.#pages = [known]
      this.showTop()
    }
  }

  navigateBack(delta: number): void {
    if (this.#pages.length < 2) throw new Refusal('cannot navigate back at first page')
    const keep = Math.max(1, this.#pages.length - delta)
    const left = this.#pages.slice(keep)
    this.#pages = this.#pages.slice(0, keep)
    for (const page of left.reverse()) this.#unload(page)
    this.showTop()
  }

  hideTop(): void {
    this.#tell('hide')
  }

  showTop(): void {
    this.#tell('show')
  }

  #reset(page: OpenPage): void {
    this.#pages = [page]
    if (page.isTab) this.#tabs.set(page.path, page)
  }

  #tell(what: 'show' | 'hide'): void {
    const page = this.#pages.at(-1)
    if (page === undefined) return
    page.component.call(what === 'show' ? 'onShow' : 'onHide')
    for (const component of componentsIn(page.component)) component.run('pageLifetimes', what)
  }

  #open({ path, query }: Target): OpenPage {
    const { bundle, realm } = this.#app
    const component = new Component(this.#app, path, null)
    const title =
      component.definition.config.navigationBarTitleText ?? bundle.config.window?.navigationBarTitleText
    const page = { component, path, isTab: this.isTab(path), title: shownText(title), scrollTop: 0 }
    for (const [name, value] of Object.entries(query)) component.setProperty(name, value, 'silently')
    component.self.options = realm.copy(query)
    const below = this.#pages
    // The page is in getCurrentPages() from its start.
    this.#pages = [...below, page]
    try {
      this.#start(component, query)
    } finally {
      this.#pages = below
    }
    return page
  }

  /** A page hears of its components' start first, then `onLoad`, `onShow` and, once drawn, `onReady`. */
  #start(component: Component, query: Target['query']): void {
    component.create()
    const ready: Component[] = []
    component.attach(ready)
    ready.push(component)
    component.call('onLoad', this.#app.realm.copy(query))
    component.call('onShow')
    for (const one of componentsIn(component)) one.run('pageLifetimes', 'show')
    this.#app.time.later(() => {
      for (const one of ready) one.run('lifetimes', 'ready')
      component.call('onReady')
    })
  }

  #unload({ component }: OpenPage): void {
    component.call('onUnload')
    component.detach()
  }

  #target(given: unknown): Target {
    const [path = '', query = ''] = String(given).split('?')
    const from = this.#pages.at(-1)?.path ?? ''
    const wanted = path.startsWith('/') ? path.slice(1) : posix.join(posix.dirname(from), path)
    if (!this.exists(wanted)) throw new Refusal(`page "${wanted}" is not found`)
    return { path: wanted, query: readQuery(query) }
  }
}

/** WeChat hands values on as they stand in the address, without decoding them. */
export function readQuery(text: string): Record<string, string> {
  const pairs = text.split('&').filter((pair) => pair !== '')
  return Object.fromEntries(
    pairs.map((pair): [string, string] => {
      const [name = '', ...value] = pair.split('=')
      return [name, value.join('=')]
    }),
  )
}
