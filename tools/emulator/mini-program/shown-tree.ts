import type { ElementNode, RenderedNode, TextNode } from './node-tree'
import { shownText } from './shown-text'

/** A node where it is drawn: slots are filled, conditions and loops resolved. */
export interface Shown {
  readonly node: TextNode | ElementNode
  readonly parent: Shown | null
  readonly children: readonly Shown[]
}

/** What the nodes draw. `hidden` is known here, CSS is not. */
export function showAll(nodes: readonly RenderedNode[], parent: Shown | null = null): Shown[] {
  return nodes.flatMap((node): Shown[] => {
    if (node.kind === 'group') return showAll([...node.parts.values()], parent)
    if (node.kind === 'text') return [{ node, parent, children: [] }]
    if (isOn(node.attributes.get('hidden'))) return []
    if (node.tag === 'block') return showAll(node.children, parent)
    if (node.tag === 'slot') return showAll(slotted(node), parent)
    const children: Shown[] = []
    const shown: Shown = { node, parent, children }
    children.push(...showAll(node.component?.nodes ?? node.children, shown))
    return [shown]
  })
}

/** What the component's owner wrote for this slot. */
function slotted(slot: ElementNode): RenderedNode[] {
  const name = shownText(slot.attributes.get('name'))
  return flatten(slot.owner.host?.children ?? []).filter(
    (node) => name === (node.kind === 'element' ? shownText(node.attributes.get('slot')) : ''),
  )
}

function flatten(nodes: readonly RenderedNode[]): RenderedNode[] {
  return nodes.flatMap((node) => {
    if (node.kind === 'group') return flatten([...node.parts.values()])
    return node.kind === 'element' && node.tag === 'block' ? flatten(node.children) : [node]
  })
}

/** The words in it, those of one node a line. A field shows its value, or its placeholder. */
export function textOf(shown: readonly Shown[]): string {
  return linesOf(shown).join('\n')
}

function linesOf(shown: readonly Shown[]): string[] {
  return shown.flatMap(({ node, children }) => {
    if (node.kind === 'text') return node.text === '' ? [] : [node.text]
    if (!isField(node)) return linesOf(children)
    const { value, placeholder } = Object.fromEntries(node.attributes)
    return [shownText(value) || shownText(placeholder)].filter((line) => line !== '')
  })
}

/** What a finger would find by these words: a node whose words they are, else one that has them in it, else a label. */
export function findByWords(shown: readonly Shown[], words: string): Shown | undefined {
  const all = everything(shown)
  const leaves = all.filter(
    ({ node, children }) => node.kind === 'text' || (children.length === 0 && isField(node)),
  )
  const said = (one: Shown) => textOf([one])
  const labelled = ({ node }: Shown) =>
    node.kind === 'element' &&
    [node.attributes.get('aria-label'), node.attributes.get('title')].includes(words)
  return (
    leaves.find((one) => said(one) === words) ??
    all.find(labelled) ??
    leaves.find((one) => said(one).includes(words))
  )
}

/** All of it, parents first. */
export function everything(shown: readonly Shown[]): Shown[] {
  return shown.flatMap((one) => [one, ...everything(one.children)])
}

/** From the node up to the page. */
export function pathOf(shown: Shown): Shown[] {
  return shown.parent === null ? [shown] : [shown, ...pathOf(shown.parent)]
}

export const isField = ({ tag }: ElementNode): boolean => tag === 'input' || tag === 'textarea'

/** Whether an attribute is on; WXML takes any text for true. */
export const isOn = (value: unknown): boolean => Boolean(value)
