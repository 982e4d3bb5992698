// The components of the sdk as a package has them: sources that the host's own build compiles for its platform, which
// import the one bundle, and each other.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'

/** An import of a component's script. @typedef {{ at: number, end: number, module: string, text: string, names: { name: string, as: string }[] }} Import */

const SCRIPT = /<script setup lang="ts">\n([\s\S]*?)<\/script>/

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
  let script = SCRIPT.exec(source)?.[1] ?? ''
  for (const { at, end, module, text, names: imported } of importsOf(source).reverse()) {
    if (isPackage(module)) continue
    const line = module.endsWith('.vue')
      ? text.replace(module, besidePath(path, packedPath(posix.join(dirname(file), module))))
      : fromCore(imported, (name) => names.get(`${sourceOf(file, module)} ${name}`) ?? name, core)
    script = script.slice(0, at) + line + script.slice(end)
  }
  return source
    .replace(SCRIPT, () => `<script setup lang="ts">\n${script}</script>`)
    .replace('../tokens.css', besidePath(path, 'components/parts/tokens.css'))
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
  module === '@herald/protocol' ? './protocol/index' : `./${posix.join(dirname(file), module)}`

/** The imports of a component, without those of types. @param {string} source @returns {Import[]} */
function importsOf(source) {
  const script = SCRIPT.exec(source)?.[1] ?? ''
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
