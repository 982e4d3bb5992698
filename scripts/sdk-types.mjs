// The types of the packed client: one `index.d.ts`, written from the sources. It imports Vue's types and nothing else: what the
// schemas of the protocol infer is written out, since a host has no valibot.
import { join } from 'node:path'
import { format } from 'prettier'
import ts from 'typescript'
import { componentTypes } from './sdk-component-types.mjs'

/** @type {ts.CompilerOptions} */
const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
  types: [],
  strict: true,
  skipLibCheck: true,
  noEmit: true,
}

/** Types that are written out, whatever they are made of. @type {ts.TypeFormatFlags} */
const WRITTEN_OUT =
  ts.TypeFormatFlags.NoTruncation |
  ts.TypeFormatFlags.InTypeAlias |
  ts.TypeFormatFlags.MultilineObjectLiterals |
  ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType

/**
 * The texts of `index.d.ts` and of `mock.d.ts`, which names types of the first.
 * @param {string} root @returns {Promise<{ index: string, mock: string }>}
 */
export async function typesOf(root) {
  const program = programOf(root)
  const index = new Declarations(program.getTypeChecker(), root)
  const exported = index.export(moduleOf(program, root, 'index.ts'))
  const components = componentTypes(root, (name) => {
    if (!exported.has(name)) throw new Error(`index.ts does not export ${name}`)
  })
  const mock = new Declarations(program.getTypeChecker(), root, exported)
  mock.export(moduleOf(program, root, 'mock.ts'))
  return { index: await index.text(components), mock: await mock.text('') }
}

/** Reading the sources is most of the work, and they are the same for each form. @type {Map<string, ts.Program>} */
const programs = new Map()

/** @param {string} root */
function programOf(root) {
  const paths = { '@herald/protocol': [join(root, 'protocol', 'index.ts')] }
  const entries = ['index.ts', 'mock.ts'].map((file) => join(root, 'sdk', file))
  const program = programs.get(root) ?? ts.createProgram(entries, { ...OPTIONS, paths })
  programs.set(root, program)
  return program
}

/** @param {ts.Program} program @param {string} root @param {string} file */
function moduleOf(program, root, file) {
  const source = program.getSourceFile(join(root, 'sdk', file))
  const module = source && program.getTypeChecker().getSymbolAtLocation(source)
  if (!module) throw new Error(`${file} is no module`)
  return module
}

/** Gathers declarations, and those that they name. */
class Declarations {
  #checker
  #root
  /** @type {Map<string, ts.Symbol>} */
  #symbols = new Map()
  /** @type {Map<string, string>} */
  #texts = new Map()
  /** @type {Map<string, Set<string>>} */
  #imports = new Map()

  /** @type {Map<string, ts.Symbol>} */
  #exported = new Map()
  #elsewhere

  /**
   * @param {ts.TypeChecker} checker @param {string} root
   * @param {ReadonlyMap<string, ts.Symbol>} elsewhere  what `index.d.ts` exports
   */
  constructor(checker, root, elsewhere = new Map()) {
    this.#checker = checker
    this.#root = root
    this.#elsewhere = elsewhere
  }

  /** Exports all of a module that is for hosts. @param {ts.Symbol} module @returns {ReadonlyMap<string, ts.Symbol>} by name */
  export(module) {
    for (const named of this.#checker.getExportsOfModule(module)) {
      const symbol = this.#original(named)
      if ((symbol.declarations ?? []).some(isInternal)) continue
      this.#exported.set(named.name, symbol)
      this.#want(symbol)
    }
    return this.#exported
  }

  /** @param {ts.Symbol} symbol */
  #want(symbol) {
    const { name } = symbol
    const known = this.#symbols.get(name)
    if (known === symbol) return
    if (known) throw new Error(`two things that hosts see are called ${name}`)
    this.#symbols.set(name, symbol)
    const declarations = symbol.declarations ?? []
    this.#texts.set(name, declarations.map((declaration) => this.#textOf(symbol, declaration)).join(''))
  }

  /** @param {string} components */
  text(components) {
    const imports = [...this.#imports].map(
      ([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${from}'\n`,
    )
    const named = [...this.#exported]
      .map(([as, { name }]) => (as === name ? name : `${name} as ${as}`))
      .sort()
    const texts = [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
    const text = `${[...imports, ...texts, components].join('\n')}\nexport { ${named.join(', ')} }\n`
    return format(text, { parser: 'typescript', semi: false, singleQuote: true, printWidth: 110 })
  }

  /** @param {ts.Symbol} symbol */
  #original(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol
  }

  /** @param {ts.Symbol} symbol @param {ts.Declaration} declaration */
  #textOf(symbol, declaration) {
    const named = this.#namedIn(declaration)
    if (ts.isTypeAliasDeclaration(declaration) && named.some((one) => this.#isMadeOfValues(one)))
      return this.#writtenOut(symbol, declaration)
    for (const one of named) this.#name(one)
    return declared(declaration)
  }

  /** Whether a type that names it is made of schemas or other values, which no host has. @param {ts.Symbol} symbol */
  #isMadeOfValues(symbol) {
    const from = this.#packageOf(symbol)
    return from === 'valibot' || (from === null && (symbol.flags & ts.SymbolFlags.Variable) !== 0)
  }

  /** @param {ts.Symbol} symbol @param {ts.Declaration} declaration */
  #writtenOut(symbol, declaration) {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol)
    const text = this.#checker.typeToString(type, undefined, WRITTEN_OUT)
    return `${commentOf(declaration)}type ${symbol.name} = ${text};\n`
  }

  /** @param {ts.Symbol} symbol */
  #name(symbol) {
    const isElsewhere = this.#elsewhere.get(symbol.name) === symbol
    const from = isElsewhere ? './index.js' : this.#packageOf(symbol)
    if (from === null) this.#want(symbol)
    else if (from !== 'typescript')
      this.#imports.set(from, (this.#imports.get(from) ?? new Set()).add(symbol.name))
  }

  /** What a declaration names at the top of a file. @param {ts.Declaration} declaration @returns {ts.Symbol[]} */
  #namedIn(declaration) {
    /** @type {ts.Symbol[]} */
    const found = []
    /** @param {ts.Node} node */
    const look = (node) => {
      if (isHidden(node)) return
      if (ts.isIdentifier(node)) {
        const at = this.#checker.getSymbolAtLocation(node)
        const symbol = at && this.#original(at)
        if (symbol?.declarations?.some(isTopLevel)) found.push(symbol)
      }
      node.forEachChild(look)
    }
    declaration.forEachChild(look)
    return found
  }

  /** The package that a symbol is of; null: it is ours. @param {ts.Symbol} symbol */
  #packageOf(symbol) {
    const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? []
    // What Vue exports lies in packages of its own.
    if (name !== undefined) return name.startsWith('@vue/') ? 'vue' : name
    if (!file.startsWith(this.#root)) throw new Error(`${symbol.name} is from ${file}`)
    return null
  }
}

/** What no type of a declaration is in: code, values, and members that are not for hosts. @param {ts.Node} node */
function isHidden(node) {
  const { parent } = node
  if (ts.isBlock(node)) return true
  if (
    (ts.isParameter(parent) || ts.isVariableDeclaration(parent) || ts.isPropertyDeclaration(parent)) &&
    parent.initializer === node
  )
    return true
  return (
    isInternal(node) ||
    (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name))
  )
}

/** @param {ts.Node} node */
const isInternal = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal')

/** @param {ts.Declaration} declaration */
const isTopLevel = (declaration) =>
  ts.isSourceFile(declaration) || ts.isSourceFile(statementOf(declaration).parent)

/** @param {ts.Declaration} declaration @returns {ts.Node} */
const statementOf = (declaration) =>
  ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration

/** A declaration without its code. @param {ts.Declaration} declaration */
function declared(declaration) {
  const statement = statementOf(declaration)
  const { outputText } = ts.transpileDeclaration(statement.getFullText(), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, stripInternal: true },
  })
  const text = outputText.replace(/^export \{\};\n/m, '').replace(/^export (?:declare )?/m, '')
  return ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    ? text
    : text.replace(/^(?=(?:abstract )?(?:class|function|const) )/m, 'declare ')
}

/** @param {ts.Declaration} declaration */
function commentOf(declaration) {
  const [comment] = ts.getJSDocCommentsAndTags(declaration)
  return comment ? `${comment.getText()}\n` : ''
}
