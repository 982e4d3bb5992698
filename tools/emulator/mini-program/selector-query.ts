import type { Api } from './api'
import type { Component, Self } from './component'
import type { MiniHost } from './host'
import { componentsIn, type ElementNode, type RenderedNode } from './node-tree'
import type { OpenPage, PageStack } from './page-stack'
import { shownText } from './shown-text'

type Told = ((result: unknown) => void) | undefined
type Look = (page: OpenPage) => unknown

/** One question of a query: which nodes, what of them, and who is told of it. */
interface Question {
  readonly look: Look
  readonly told: Told
}

/**
 * `wx.createSelectorQuery`, without CSS: where a node stands says the option `places` of who launches the mini-program. What is
 * asked of a node that has no place there is missing, and says so.
 * (developers.weixin.qq.com/miniprogram/dev/api/wxml/wx.createSelectorQuery.html and .../wxml/NodesRef.boundingClientRect.html:
 * a place is relative to what is shown; a query selects in its page, or in the component of `in`, never inside of others; the
 * answers come in the order of the questions, each to its own callback first, then all to that of `exec`.)
 */
export function openSelectorQueries(host: MiniHost, pages: PageStack): Record<string, Api> {
  return { createSelectorQuery: () => new SelectorQuery(host, pages).api }
}

class SelectorQuery {
  readonly #host: MiniHost
  readonly #pages: PageStack
  readonly #questions: Question[] = []
  #within: unknown = null

  constructor(host: MiniHost, pages: PageStack) {
    this.#host = host
    this.#pages = pages
  }

  readonly api = {
    in: (component: unknown) => {
      this.#within = component
      return this.api
    },
    select: (selector: string) => this.#ref((page) => this.#nodes(page, selector).slice(0, 1), true),
    selectAll: (selector: string) => this.#ref((page) => this.#nodes(page, selector), false),
    selectViewport: () => ({
      scrollOffset: this.#asks(({ scrollTop }) => ({ id: '', dataset: {}, scrollLeft: 0, scrollTop })),
      boundingClientRect: this.#asks(() => {
        const { width, height } = this.#host.device.windowSize
        return { id: '', dataset: {}, left: 0, top: 0, right: width, bottom: height, width, height }
      }),
    }),
    exec: (told?: Told) => {
      const questions = [...this.#questions]
      const page = this.#page()
      this.#host.time.later(() => {
        const answers = this.#host.realm.copy(questions.map(({ look }) => look(page))) as unknown[]
        questions.forEach((question, index) => question.told?.(answers[index]))
        told?.(answers)
      })
    },
  }

  #ref(nodes: (page: OpenPage) => ElementNode[], one: boolean) {
    return {
      boundingClientRect: this.#asks((page) => {
        const places = nodes(page).map((node) => this.#placeOf(page, node))
        return one ? (places[0] ?? null) : places
      }),
      fields: () => this.#host.missing('NodesRef.fields'),
      scrollOffset: () => this.#host.missing('NodesRef.scrollOffset of a node'),
      context: () => this.#host.missing('NodesRef.context'),
      node: () => this.#host.missing('NodesRef.node'),
    }
  }

  #asks(look: Look) {
    return (told?: Told) => {
      this.#questions.push({ look, told })
      return this.api
    }
  }

  #page(): OpenPage {
    const component = this.#component()
    const found = this.#pages.pages.find((page) => page.component === component?.page)
    return found ?? this.#pages.top
  }

  /** The one that `in` names. */
  #component(): Component | undefined {
    return this.#pages.pages
      .flatMap((page) => componentsIn(page.component))
      .find(({ self }) => self === (this.#within as Self))
  }

  #nodes(page: OpenPage, selector: string): ElementNode[] {
    return matching((this.#component() ?? page.component).nodes, this.#matcher(selector))
  }

  #matcher(selector: string): (node: ElementNode) => boolean {
    const [, sign, name = ''] = /^([.#])([\w-]+)$/.exec(selector) ?? []
    if (sign === undefined) return this.#host.missing(`the selector "${selector}"`)
    return ({ attributes }) =>
      sign === '#'
        ? attributes.get('id') === name
        : shownText(attributes.get('class')).split(/\s+/).includes(name)
  }

  /** Of several nodes of a page that a selector finds, each has a place of its own, in their order. */
  #placeOf(page: OpenPage, node: ElementNode) {
    const { windowSize, options } = this.#host.device
    for (const [selector, tops] of Object.entries(options.places)) {
      const isIt = this.#matcher(selector)
      const nodes = componentsIn(page.component).flatMap((one) => matching(one.nodes, isIt))
      const top = tops[nodes.indexOf(node)]
      if (top === undefined) continue
      const shown = top - page.scrollTop
      const { width } = windowSize
      const across = { left: 0, right: width, width }
      return {
        id: shownText(node.attributes.get('id')),
        dataset: node.dataset,
        ...across,
        top: shown,
        bottom: shown,
        height: 0,
      }
    }
    return this.#host.missing(`the place of "${shownText(node.attributes.get('class'))}"`)
  }
}

/** Those of one template, with what it wrote into the slots of others. */
function matching(nodes: readonly RenderedNode[], isIt: (node: ElementNode) => boolean): ElementNode[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'text') return []
    if (node.kind === 'group') return matching([...node.parts.values()], isIt)
    return [...(isIt(node) ? [node] : []), ...matching(node.children, isIt)]
  })
}
