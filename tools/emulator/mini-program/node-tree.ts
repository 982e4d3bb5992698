import { Component } from './component'
import type { Scope } from './expression'
import type { MiniHost } from './host'
import { shownText } from './shown-text'
import { type ElementTemplate, type ForTemplate, type IfTemplate, type Template } from './wxml'

interface NodeBase {
  readonly owner: Component
}

export interface TextNode extends NodeBase {
  readonly kind: 'text'
  text: string
}

export interface ElementNode extends NodeBase {
  readonly kind: 'element'
  readonly tag: string
  /** Values by name; events' are the names of the owner's functions. */
  readonly attributes: Map<string, unknown>
  /** What the owner wrote into it; a component draws it where it has a slot. */
  children: readonly RenderedNode[]
  component: Component | null
  readonly dataset: Record<string, unknown>
}

/** Holds others together and is not drawn: a branch of `wx:if`, or the items of `wx:for`. */
export interface GroupNode extends NodeBase {
  readonly kind: 'group'
  /** By the branch's number, or by the items' keys. */
  parts: ReadonlyMap<string, RenderedNode>
}

export type RenderedNode = TextNode | ElementNode | GroupNode

/** The nodes of one component's template, which stay the same ones from one drawing to the next. */
export class NodeTree {
  readonly #app: MiniHost
  readonly #owner: Component
  #nodes: readonly RenderedNode[] = []
  #state: 'idle' | 'drawing' | 'outdated' = 'idle'

  constructor(app: MiniHost, owner: Component) {
    this.#app = app
    this.#owner = owner
  }

  get nodes(): readonly RenderedNode[] {
    return this.#nodes
  }

  /** The components in it, those in its slots included, but not those within others. */
  components(): Component[] {
    return componentsOf(this.#nodes)
  }

  /** Brings the nodes up to date. A change while that is done starts it over. */
  render(): void {
    if (this.#state !== 'idle') {
      this.#state = 'outdated'
      return
    }
    const { data } = this.#owner.self
    try {
      do {
        this.#state = 'drawing'
        this.#nodes = this.#drawAll(this.#owner.definition.template, (name) => data[name], this.#nodes)
      } while (this.#isOutdated())
    } finally {
      this.#state = 'idle'
    }
  }

  #isOutdated(): boolean {
    return this.#state === 'outdated'
  }

  /** Each template gives one node, always at the same place. */
  #drawAll(templates: readonly Template[], scope: Scope, old: readonly RenderedNode[]): RenderedNode[] {
    return templates.map((template, index) => this.#draw(template, scope, old[index]))
  }

  #draw(template: Template, scope: Scope, old: RenderedNode | undefined): RenderedNode {
    switch (template.kind) {
      case 'text': {
        const node: TextNode = old?.kind === 'text' ? old : { kind: 'text', owner: this.#owner, text: '' }
        node.text = shownText(template.text(scope))
        return node
      }
      case 'element':
        return this.#drawElement(template, scope, old?.kind === 'element' ? old : undefined)
      case 'if':
        return this.#drawIf(template, scope, old?.kind === 'group' ? old : undefined)
      case 'for':
        return this.#drawFor(template, scope, old?.kind === 'group' ? old : undefined)
    }
  }

  #drawElement(template: ElementTemplate, scope: Scope, old: ElementNode | undefined): ElementNode {
    const values = new Map([...template.attributes].map(([name, value]) => [name, value(scope)]))
    const node = old ?? this.#newElement(template, values)
    for (const [name, value] of values) {
      const isNews = !isSame(node.attributes.get(name), value)
      node.attributes.set(name, value)
      if (name.startsWith('data-')) node.dataset[datasetName(name)] = this.#app.realm.copy(value)
      if (isNews) node.component?.setProperty(name, value, 'aloud')
    }
    node.children = this.#drawAll(template.children, scope, node.children)
    return node
  }

  #newElement({ tag }: ElementTemplate, attributes: Map<string, unknown>): ElementNode {
    const path = this.#owner.definition.components.get(tag)
    const node: ElementNode = {
      kind: 'element',
      owner: this.#owner,
      tag,
      attributes,
      children: [],
      component: null,
      dataset: {},
    }
    if (path !== undefined) {
      node.component = new Component(this.#app, path, node)
      node.component.create()
    }
    return node
  }

  #drawIf({ branches }: IfTemplate, scope: Scope, old: GroupNode | undefined): GroupNode {
    const chosen = branches.findIndex(({ condition }) => Boolean(condition(scope)))
    const branch = branches[chosen]
    const parts = new Map<string, RenderedNode>()
    if (branch !== undefined) {
      const key = String(chosen)
      parts.set(key, this.#draw(branch.body, scope, old?.parts.get(key)))
    }
    return this.#group(parts, old)
  }

  #drawFor(
    { source, item, index, key, body }: ForTemplate,
    scope: Scope,
    old: GroupNode | undefined,
  ): GroupNode {
    const parts = new Map<string, RenderedNode>()
    for (const [at, value] of entriesOf(source(scope))) {
      const wanted = keyOf(value, key) ?? `#${String(at)}`
      // Of two items with one key only the first keeps its node.
      const name = parts.has(wanted) ? `${wanted}#${String(at)}` : wanted
      const inner: Scope = (asked) => (asked === item ? value : asked === index ? at : scope(asked))
      parts.set(name, this.#draw(body, inner, old?.parts.get(name)))
    }
    return this.#group(parts, old)
  }

  #group(parts: ReadonlyMap<string, RenderedNode>, old: GroupNode | undefined): GroupNode {
    const gone = [...(old?.parts ?? [])].filter(([name]) => !parts.has(name))
    const node: GroupNode = old ?? { kind: 'group', owner: this.#owner, parts }
    node.parts = parts
    detach(gone.map(([, part]) => part))
    return node
  }
}

/** Runs `attached` of the components that are new among the nodes. @param ready  gets those whose `ready` is to run, children first */
export function attach(nodes: readonly RenderedNode[], ready: Component[]): void {
  for (const node of [...nodes]) {
    if (node.kind === 'group') attach([...node.parts.values()], ready)
    else if (node.kind === 'element') {
      const isNew = node.component?.attach(ready) === true
      attach(node.children, ready)
      if (isNew && node.component !== null) ready.push(node.component)
    }
  }
}

/** Runs `detached` of the components among the nodes. */
export function detach(nodes: readonly RenderedNode[]): void {
  for (const component of componentsOf(nodes)) component.detach()
}

function componentsOf(nodes: readonly RenderedNode[]): Component[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'text') return []
    if (node.kind === 'group') return componentsOf([...node.parts.values()])
    return [...(node.component === null ? [] : [node.component]), ...componentsOf(node.children)]
  })
}

function entriesOf(source: unknown): [string | number, unknown][] {
  if (Array.isArray(source)) return source.map((value: unknown, at) => [at, value])
  if (typeof source === 'string') return Array.from(source).map((value, at) => [at, value])
  if (typeof source === 'number') return Array.from({ length: source }, (_, at) => [at, at])
  return typeof source === 'object' && source !== null ? Object.entries(source) : []
}

function keyOf(value: unknown, key: string): string | undefined {
  if (key === '') return undefined
  const found = key === '*this' ? value : (value as Record<string, unknown> | null | undefined)?.[key]
  return found === undefined || found === null ? undefined : shownText(found)
}

/** A template's arrays and objects are new ones at each drawing. */
const isSame = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b))

const datasetName = (attribute: string): string =>
  attribute.slice('data-'.length).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The component and all that live in it, at any depth. */
export function componentsIn(root: Component): Component[] {
  return [root, ...componentsOf(root.nodes).flatMap(componentsIn)]
}
