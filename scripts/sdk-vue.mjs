// The components of the sdk as a package has them: sources that the host's own build compiles for its platform, which
// import the one bundle, and each other. Their scripts are JavaScript: a host checks the types of its own code only, by
// whatever rules it has.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'
import { compileScript, parse } from 'vue/compiler-sfc'

/** An import of a component's script. @typedef {{ at: number, end: number, module: string, text: string, names: { name: string, as: string }[] }} Import */

const SCRIPT = /<script setup lang="ts">\n([\s\S]*?)<\/script>/

/** The script of a component, in TypeScript. @param {string} source */
export const scriptOf = (source) => SCRIPT.exec(source)?.[1] ?? ''

/** The components that a host writes as tags, and what they are made of; from the root. @param {string} root */
export function vueFilesOf(root) {
  const found = new Set(
    readdirSync(join(root, 'sdk', 'components')).map((name) => `sdk/components/${name}/${name}.vue`),
  )
  for (const file of found)
    for (const { module } of importsOf(read(root, file)))
      if (module.endsWith('.vue')) found.add(posix.join(dirname(file), module))
  return [...found].sort()
}

/**
 * The source of the bundle's entry: all that a host imports, and under names of their own what the components import.
 * @param {string} root @param {readonly string[]} files
 */
export function coreEntry(root, files) {
  /** @type {Map<string, string>} by `module name` */
  const names = new Map()
  const lines = ["export * from './sdk/index'"]
  for (const file of files) {
    for (const { module, names: imported } of importsOf(read(root, file))) {
      if (module.endsWith('.vue') || isPackage(module)) continue
      const path = sourceOf(file, module)
      for (const { name } of imported) {
        const key = `${path} ${name}`
        if (names.has(key)) continue
        names.set(key, `herald$${String(names.size)}`)
        lines.push(`export { ${name} as ${String(names.get(key))} } from '${path}'`)
      }
    }
  }
  return { code: `${lines.join('\n')}\n`, names }
}

/**
 * A component as the package has it.
 * @param {string} root @param {string} file
 * @param {{ path: string, core: string, names: Map<string, string>, packedPath: (source: string) => string }} to
 */
export function packVue(root, file, { path, core, names, packedPath }) {
  const source = read(root, file)
  let script = scriptOf(source)
  for (const { at, end, module, text, names: imported } of importsOf(source).reverse()) {
    if (isPackage(module)) continue
    const line = module.endsWith('.vue')
      ? text.replace(module, besidePath(path, packedPath(posix.join(dirname(file), module))))
      : fromCore(imported, (name) => names.get(`${sourceOf(file, module)} ${name}`) ?? name, core)
    script = script.slice(0, at) + line + script.slice(end)
  }
  return source
    .replace(SCRIPT, () => `<script setup>\n${withoutTypes(script, file)}</script>`)
    .replace('../tokens.css', besidePath(path, 'components/parts/tokens.css'))
}

/** A script in JavaScript. What its macros say by types they say by values. @param {string} script @param {string} file */
function withoutTypes(script, file) {
  const { descriptor } = parse(`<script setup lang="ts">\n${script}</script>`, { filename: file })
  const compiled = compileScript(descriptor, { id: file }).content
  const values = { defineProps: optionOf(compiled, 'props'), defineEmits: optionOf(compiled, 'emits') }
  const { outputText } = ts.transpileModule(withMacros(script, values), {
    compilerOptions: {
      target: ts.ScriptTarget.ES2020,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
    },
  })
  // TypeScript drops a comment with what it stands at: a conditional one must not go.
  if (conditionsIn(outputText) !== conditionsIn(script))
    throw new Error(`${file}: a conditional comment is lost with its types`)
  // It says of a script without imports that it is a module, which a component's may not.
  return outputText.replace(/^export \{\};\n/m, '')
}

/** @param {string} code */
const conditionsIn = (code) => (code.match(/#(?:ifn?def|endif)/g) ?? []).join()

/** The text of an option of a compiled component; null where it has none. @param {string} compiled @param {string} option */
function optionOf(compiled, option) {
  /** @type {string | null} */
  let found = null
  /** @param {ts.Node} node */
  const look = (node) => {
    const isMade = ts.isCallExpression(node) && node.expression.getText().endsWith('defineComponent')
    const [made] = isMade ? node.arguments : []
    if (made && ts.isObjectLiteralExpression(made)) {
      const property = made.properties
        .filter(ts.isPropertyAssignment)
        .find(({ name }) => name.getText() === option)
      found ??= property?.initializer.getText() ?? null
    } else node.forEachChild(look)
  }
  look(ts.createSourceFile('compiled.ts', compiled, ts.ScriptTarget.Latest, true))
  return found
}

/** The macro that is called, with defaults or without. @param {ts.Node} node @returns {string} */
function macroOf(node) {
  if (!ts.isCallExpression(node)) return ''
  const name = node.expression.getText()
  const [inner] = node.arguments
  return name === 'withDefaults' && inner ? macroOf(inner) : name
}

/** A script whose macros are given values. @param {string} script @param {Record<string, string | null>} values */
function withMacros(script, values) {
  /** @type {{ at: number, end: number, text: string }[]} */
  const changes = []
  /** @param {ts.Node} node */
  const look = (node) => {
    const macro = macroOf(node)
    const value = values[macro]
    if (typeof value === 'string')
      changes.push({ at: node.getStart(), end: node.getEnd(), text: `${macro}(${value})` })
    else node.forEachChild(look)
  }
  look(ts.createSourceFile('script.ts', script, ts.ScriptTarget.Latest, true))
  return changes
    .reverse()
    .reduce((text, change) => text.slice(0, change.at) + change.text + text.slice(change.end), script)
}

/** @param {Import['names']} names @param {(name: string) => string} packed @param {string} core */
const fromCore = (names, packed, core) =>
  names.length === 0
    ? ''
    : `import { ${names.map(({ name, as }) => `${packed(name)} as ${as}`).join(', ')} } from '${core}'`

/** @param {string} from @param {string} to */
function besidePath(from, to) {
  const path = posix.relative(dirname(from), to)
  return path.startsWith('.') ? path : `./${path}`
}

/** @param {string} module */
const isPackage = (module) => !module.startsWith('.') && module !== '@herald/protocol'

/** What an import names, from the root. @param {string} file @param {string} module */
const sourceOf = (file, module) =>
  module === '@herald/protocol' ? module : `./${posix.join(dirname(file), module)}`

/** The imports of a component, without those of types. @param {string} source @returns {Import[]} */
function importsOf(source) {
  const script = scriptOf(source)
  const { statements } = ts.createSourceFile('script.ts', script, ts.ScriptTarget.Latest, true)
  return statements.filter(ts.isImportDeclaration).map((statement) => ({
    at: statement.getStart(),
    end: statement.getEnd(),
    module: /** @type {ts.StringLiteral} */ (statement.moduleSpecifier).text,
    text: statement.getText(),
    names: valuesOf(statement.importClause),
  }))
}

/** @param {ts.ImportClause | undefined} clause @returns {Import['names']} */
function valuesOf(clause) {
  const bindings = clause?.namedBindings
  if (
    !clause ||
    clause.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    !bindings ||
    !ts.isNamedImports(bindings)
  )
    return []
  return bindings.elements
    .filter((element) => !element.isTypeOnly)
    .map(({ name, propertyName }) => ({ name: (propertyName ?? name).text, as: name.text }))
}

/** @param {string} root @param {string} file */
const read = (root, file) => readFileSync(join(root, file), 'utf8')
