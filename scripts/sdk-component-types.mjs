// The types of the components, for the templates of hosts: what an editor knows of a tag that easycom finds.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { scriptOf } from './sdk-vue.mjs'

/**
 * @param {string} root
 * @param {(name: string) => void} names  told of each type that a component names
 * @returns {string}
 */
export function componentTypes(root, names) {
  const folder = join(root, 'sdk', 'components')
  const entries = readdirSync(folder)
    .sort()
    .map((name) => componentType(name, readFileSync(join(folder, name, `${name}.vue`), 'utf8'), names))
  return `declare module 'vue' {\n  interface GlobalComponents {\n${entries.join('')}  }\n}\n`
}

/** @param {string} name @param {string} source @param {(name: string) => void} names */
function componentType(name, source, names) {
  const script = ts.createSourceFile('script.ts', scriptOf(source), ts.ScriptTarget.Latest, true)
  const props = macroType(script, 'defineProps')
  const emits = macroType(script, 'defineEmits')
  for (const type of [props, emits]) if (type) tellNames(type, names)
  const slots = macroType(script, 'defineSlots')?.getText() ?? slotsOf(source)
  return [
    `    ${pascal(name)}: new () => {\n`,
    `      $props: ${[props?.getText() ?? '{}', ...(emits ? [handlersOf(emits)] : [])].join(' & ')}\n`,
    `      $slots: ${slots}\n    }\n`,
  ].join('')
}

/** Slots that are given nothing, from the template. @param {string} source */
function slotsOf(source) {
  const names = [...source.matchAll(/<slot\b([^>]*)>/g)].map(
    ([, attributes = '']) => /\bname="(\w+)"/.exec(attributes)?.[1] ?? 'default',
  )
  return `{ ${[...new Set(names)].map((name) => `${name}?: () => unknown`).join('; ')} }`
}

/** The type that a macro is given. @param {ts.SourceFile} script @param {string} macro */
function macroType(script, macro) {
  /** @type {ts.TypeLiteralNode | undefined} */
  let found
  /** @param {ts.Node} node */
  const look = (node) => {
    if (ts.isCallExpression(node) && node.expression.getText() === macro) {
      const [type] = node.typeArguments ?? []
      if (type && ts.isTypeLiteralNode(type)) found = type
    }
    node.forEachChild(look)
  }
  look(script)
  return found
}

/** Events as the handlers that a template gives. @param {ts.TypeLiteralNode} emits */
function handlersOf(emits) {
  const handlers = emits.members.filter(ts.isPropertySignature).map((event) => {
    const given = event.type && ts.isTupleTypeNode(event.type) ? event.type.elements : []
    return `on${pascal(event.name.getText())}?: (${given.map((one) => one.getText()).join(', ')}) => unknown`
  })
  return `{ ${handlers.join('; ')} }`
}

/** @param {ts.Node} type @param {(name: string) => void} names */
function tellNames(type, names) {
  if (ts.isTypeReferenceNode(type)) names(type.typeName.getText())
  type.forEachChild((child) => {
    tellNames(child, names)
  })
}

/** @param {string} name */
const pascal = (name) => name.replace(/(?:^|-)(\w)/g, (_, letter) => String(letter).toUpperCase())
