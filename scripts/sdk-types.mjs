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

/** The text of `index.d.ts`. @param {string} root @returns {Promise<string>} */
export async function typesOf(root) {
  const entry = join(root, 'sdk', 'index.ts')
  const program = programOf(root, entry)
  const source = program.getSourceFile(entry)
  const checker = program.getTypeChecker()
  const module = source && checker.getSymbolAtLocation(source)
  if (!module) throw new Error(`${entry} is no module`)
  const writer = new Declarations(checker, root)
  const exported = checker
    .getExportsOfModule(module)
    .filter((symbol) => !writer.isInternal(symbol))
    .map((symbol) => ({ as: symbol.name, name: writer.want(symbol) }))
  const components = componentTypes(root, (name) => {
    if (!exported.some(({ as }) => as === name)) throw new Error(`index.ts does not export ${name}`)
  })
  const text = writer.text(exported, components)
  return format(text, { parser: 'typescript', semi: false, singleQuote: true, printWidth: 110 })
}

/** Reading the sources is most of the work, and they are the same for each form. @type {Map<string, ts.Program>} */
const programs = new Map()

/** @param {string} root @param {string} entry */
function programOf(root, entry) {
  const paths = { '@herald/protocol': [join(root, 'protocol', 'index.ts')] }
  const program = programs.get(entry) ?? ts.createProgram([entry], { ...OPTIONS, paths })
  programs.set(entry, program)
  return program
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

  /** @param {ts.TypeChecker} checker @param {string} root */
  constructor(checker, root) {
    this.#checker = checker
    this.#root = root
  }

  /** The name that a symbol has in the text. @param {ts.Symbol} named @returns {string} */
  want(named) {
    const symbol = this.#original(named)
    const { name } = symbol
    const known = this.#symbols.get(name)
    if (known === symbol) return name
    if (known) throw new Error(`two things that hosts see are called ${name}`)
    this.#symbols.set(name, symbol)
    const declarations = symbol.declarations ?? []
    this.#texts.set(name, declarations.map((declaration) => this.#textOf(symbol, declaration)).join(''))
    return name
  }

  /** @param {readonly { as: string, name: string }[]} exported @param {string} components */
  text(exported, components) {
    const imports = [...this.#imports].map(
      ([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${from}'\n`,
    )
    const named = exported.map(({ as, name }) => (as === name ? name : `${name} as ${as}`)).sort()
    const texts = [...this.#texts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
    return `${[...imports, ...texts, components].join('\n')}\nexport { ${named.join(', ')} }\n`
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

  /** @param {ts.Symbol} symbol */
  isInternal(symbol) {
    return (this.#original(symbol).declarations ?? []).some(isInternal)
  }

  /** @param {ts.Symbol} symbol @param {ts.Declaration} declaration */
  #writtenOut(symbol, declaration) {
    const type = this.#checker.getDeclaredTypeOfSymbol(symbol)
    const text = this.#checker.typeToString(type, undefined, WRITTEN_OUT)
    return `${commentOf(declaration)}type ${symbol.name} = ${text};\n`
  }

  /** @param {ts.Symbol} symbol */
  #name(symbol) {
    const from = this.#packageOf(symbol)
    if (from === null) this.want(symbol)
    else if (from !== 'typescript') {
      const names = this.#imports.get(from) ?? new Set()
      this.#imports.set(from, names.add(symbol.name))
    }
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
