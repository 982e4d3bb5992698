import { parsePath, putAt, valueAt } from './data-path'
import type { Definition, Method } from './definition'
import type { MiniHost } from './host'
import { attach, detach, NodeTree, type ElementNode, type RenderedNode } from './node-tree'
import { fireCustomEvent } from './events'
import { shownText } from './shown-text'

/** What the app's code sees as `this` of a page or component. */
export interface Self {
  data: Record<string, unknown>
  properties: Record<string, unknown>
  [name: string]: unknown
}

type EventOptions = { bubbles?: boolean; composed?: boolean } | undefined

const NOT_SIMULATED = [
  ...['createSelectorQuery', 'createIntersectionObserver', 'createMediaQueryObserver', 'getRelationNodes'],
  ...[
    'animate',
    'clearAnimation',
    'applyAnimatedStyle',
    'clearAnimatedStyle',
    'setUpdatePerformanceListener',
  ],
]

let lastId = 0

/** One page or component that lives: its data, its lifetimes and the nodes of its template. */
export class Component {
  readonly definition: Definition
  readonly self: Self
  /** The element that stands for it in its owner's template; null for a page. */
  readonly host: ElementNode | null
  readonly page: Component
  readonly #app: MiniHost
  readonly #tree: NodeTree
  #life: 'created' | 'attached' | 'detached' = 'created'

  constructor(app: MiniHost, path: string, host: ElementNode | null) {
    this.#app = app
    this.host = host
    this.page = host?.owner.page ?? this
    this.definition = app.bundle.definition(path)
    this.self = this.#makeSelf()
    this.#tree = new NodeTree(app, this)
    host?.attributes.forEach((value, name) => {
      this.setProperty(name, value, 'silently')
    })
  }

  /** Runs `created` and draws the template for the first time. */
  create(): void {
    this.run('lifetimes', 'created')
    this.#tree.render()
  }

  /** The nodes of its own template. */
  get nodes(): readonly RenderedNode[] {
    return this.#tree.nodes
  }

  /** Runs `attached`, its own before those of the components in it. Answers whether it was new. @param ready  see `attach` */
  attach(ready: Component[]): boolean {
    if (this.#life !== 'created') return false
    this.run('lifetimes', 'attached')
    this.#life = 'attached'
    attach(this.nodes, ready)
    return true
  }

  detach(): void {
    if (this.#life === 'detached') return
    this.#life = 'detached'
    this.run('lifetimes', 'detached')
    detach(this.nodes)
  }

  /** Runs a lifetime's functions in the app. */
  run(kind: 'lifetimes' | 'pageLifetimes', name: string, ...args: unknown[]): void {
    for (const method of this.definition[kind][name] ?? []) {
      this.#app.time.run(() => Reflect.apply(method, this.self, args))
    }
  }

  /** Calls one of its functions, as an event does; what has no such function is left alone. */
  call(name: string, ...args: unknown[]): unknown {
    const method = this.self[name]
    let result: unknown
    if (typeof method === 'function') {
      this.#app.time.run(() => {
        result = Reflect.apply(method as Method, this.self, args)
      })
    }
    return result
  }

  /** Sets a property from the owner's template, or from the page's query. */
  setProperty(attribute: string, value: unknown, how: 'aloud' | 'silently'): void {
    const name = attribute.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
    const property = this.definition.properties.get(name)
    if (property === undefined) return
    const wanted = coerce(value, property.type)
    const before = this.self.data[name]
    if (before === wanted) return
    this.self.data[name] = this.#app.realm.copy(wanted)
    if (how === 'silently') return
    this.#changed([[name]])
    const observer = property.observer
    const method = typeof observer === 'string' ? this.self[observer] : observer
    if (typeof method === 'function') {
      this.#app.time.run(() => Reflect.apply(method as Method, this.self, [wanted, before, [name]]))
    }
  }

  #makeSelf(): Self {
    const { realm } = this.#app
    const { definition } = this
    const self = realm.copy({}) as Self
    const data = definition.data.map((part) =>
      realm.copy(typeof part === 'function' ? Reflect.apply(part as Method, self, []) : (part ?? {})),
    )
    const defaults = Object.fromEntries([...definition.properties].map(([name, { value }]) => [name, value]))
    self.data = Object.assign(realm.copy(defaults) as object, ...data) as Self['data']
    self.properties = self.data
    return Object.assign(self, definition.fields, definition.methods, this.#members())
  }

  /** What WeChat itself gives every page and component. */
  #members(): Record<string, unknown> {
    const isPage = this.host === null
    const unsimulated = NOT_SIMULATED.map((name) => [name, () => this.#app.missing(`Component.${name}`)])
    const id = ++lastId
    return {
      ...(Object.fromEntries(unsimulated) as object),
      is: this.definition.path,
      id: shownText(this.host?.attributes.get('id')),
      dataset: this.host?.dataset ?? {},
      __wxExparserNodeId__: String(id),
      __wxWebviewId__: this.page === this ? id : this.page.self.__wxWebviewId__,
      ...(isPage ? { route: this.definition.path, __route__: this.definition.path } : {}),
      setData: this.#setData,
      groupSetData: (work: () => void) => work(),
      triggerEvent: (name: string, detail?: unknown, options?: EventOptions) =>
        fireCustomEvent(this, name, detail, options),
      hasBehavior: () => false,
      getPageId: () => `pageId:${String(this.page.self.__wxWebviewId__)}`,
      getTabBar: () => undefined,
      selectComponent: (selector: string) => this.#select(selector)[0] ?? null,
      selectAllComponents: (selector: string) => this.#select(selector),
      selectOwnerComponent: () => this.host?.owner.self ?? null,
    }
  }

  readonly #setData = (changes: Record<string, unknown>, done?: () => void): void => {
    const paths = Object.keys(changes).map(parsePath)
    paths.forEach((path, index) => {
      putAt(this.self.data, path, this.#app.realm.copy(Object.values(changes)[index]))
    })
    this.#changed(paths)
    if (typeof done === 'function') {
      this.#app.time.later(() => Reflect.apply(done, this.self, []))
    }
  }

  #changed(paths: readonly (readonly (string | number)[])[]): void {
    for (const observer of this.definition.observers) {
      const concerned = observer.paths.some((watched) => paths.some((path) => overlap(watched, path)))
      if (!concerned) continue
      const values = observer.paths.map((path) => valueAt(this.self.data, path))
      this.#app.time.run(() => Reflect.apply(observer.run, this.self, values))
    }
    if (this.#life === 'detached') return
    this.#tree.render()
    if (this.#life === 'attached') this.#attachNew()
  }

  #attachNew(): void {
    const ready: Component[] = []
    attach(this.nodes, ready)
    this.#app.time.later(() => {
      for (const component of ready) component.run('lifetimes', 'ready')
    })
  }

  #select(selector: string): Self[] {
    const found = /^([.#])([\w-]+)$/.exec(selector)
    if (found === null) return this.#app.missing(`the selector "${selector}"`)
    const [, sign, name = ''] = found
    return this.#tree
      .components()
      .filter(({ host }) =>
        sign === '#'
          ? host?.attributes.get('id') === name
          : shownText(host?.attributes.get('class')).split(/\s+/).includes(name),
      )
      .map(({ self }) => self)
  }
}

/** Whether a change at one path can be seen at the other. */
function overlap(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  return a.slice(0, b.length).every((step, index) => String(step) === String(b[index]))
}

function coerce(value: unknown, type: string): unknown {
  if (type === 'String') return shownText(value)
  if (type === 'Number') return Number(value)
  if (type === 'Boolean') return Boolean(value)
  return value
}
