// Makes elements of uni's views and texts. On H5 uni compiles `<view>` and `<text>` to components that draw nothing but
// `<uni-view>` and `<uni-text><span>`: a row of the list was thirty of them, and to make and patch an instance takes
// several times as long as the element. What is drawn is the same.
import { ElementTypes, NodeTypes } from '@vue/compiler-core'

/** How uni marks what is pressed; on H5 that is CSS's `:active`. */
const OF_PRESS = /^hover-/

/** Props of texts that only uni's component understands. */
const OF_TEXT = /^(?:selectable|space|decode)$/

/** @type {import('@vue/compiler-core').NodeTransform} */
function drawAsElement(node) {
  if (node.type !== NodeTypes.ELEMENT || (node.tag !== 'view' && node.tag !== 'text')) return
  if (node.props.some((prop) => OF_TEXT.test(nameOf(prop)))) return
  if (node.tag === 'text') node.children = [spanAround(node)]
  const props = node.props.filter((prop) => !OF_PRESS.test(nameOf(prop)))
  // The types hold the kind of a node to be one for its life.
  Object.assign(node, { tag: `uni-${node.tag}`, tagType: ElementTypes.ELEMENT, props })
}

/** @param {import('@vue/compiler-core').AttributeNode | import('@vue/compiler-core').DirectiveNode} prop */
function nameOf(prop) {
  if (prop.type === NodeTypes.ATTRIBUTE) return prop.name
  return prop.name === 'bind' && prop.arg?.type === NodeTypes.SIMPLE_EXPRESSION ? prop.arg.content : ''
}

/** @param {import('@vue/compiler-core').ElementNode} text */
function spanAround({ children, loc, ns }) {
  /** @type {import('@vue/compiler-core').PlainElementNode} */
  const span = {
    type: NodeTypes.ELEMENT,
    tag: 'span',
    tagType: ElementTypes.ELEMENT,
    ns,
    loc,
    props: [],
    children,
    codegenNode: undefined,
  }
  return span
}

/** Options of uni's Vue plugin, for H5 only: elsewhere `view` and `text` are the platform's own. */
export const plainViews = { template: { compilerOptions: { nodeTransforms: [drawAsElement] } } }
