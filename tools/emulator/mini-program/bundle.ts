import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { readComponent, readPage, type Behaviour, type Definition } from './definition'
import type { Realm } from './realm'
import { compileWxml } from './wxml'

/** The part of app.json that is read. */
export interface AppConfig {
  readonly pages: readonly string[]
  readonly tabBar?: { readonly list: readonly { readonly pagePath: string; readonly text: string }[] }
  readonly window?: Readonly<Record<string, unknown>>
  readonly usingComponents?: Readonly<Record<string, string>>
  readonly networkTimeout?: Readonly<Record<string, number>>
  readonly subPackages?: readonly unknown[]
  readonly subpackages?: readonly unknown[]
}

type Run = (require: (path: string) => unknown, module: { exports: unknown }, exports: unknown) => void

/** Reads app.json of what `uni build -p mp-weixin` wrote. */
export function readAppConfig(folder: string): AppConfig {
  const file = join(folder, 'app.json')
  if (!existsSync(file)) throw new Error(`${folder} is not a build for mp-weixin: it has no app.json`)
  return JSON.parse(readFileSync(file, 'utf8')) as AppConfig
}

/** One life of the bundle's code: its CommonJS modules, and what they register. */
export class Bundle {
  readonly config: AppConfig
  readonly #folder: string
  readonly #realm: Realm
  readonly #report: (path: string) => never
  readonly #modules = new Map<string, { exports: unknown }>()
  readonly #definitions = new Map<string, Definition>()
  /** What the file that runs now has registered. */
  #registered: Behaviour | null = null

  constructor(folder: string, config: AppConfig, realm: Realm, report: (path: string) => never) {
    if ((config.subPackages ?? config.subpackages ?? []).length > 0) report('app.json subPackages')
    this.#folder = folder
    this.config = config
    this.#realm = realm
    this.#report = report
    realm.define({
      Component: (options: unknown) => void (this.#registered = readComponent(options, report)),
      Page: (options: unknown) => void (this.#registered = readPage(options, report)),
      Behavior: (options: unknown) => options,
    })
  }

  /** Runs a module once and gives what it exports. @param path  from the bundle's root, with ".js" */
  require(path: string): unknown {
    const known = this.#modules.get(path)
    if (known !== undefined) return known.exports
    const module = { exports: this.#realm.copy({}) }
    this.#modules.set(path, module)
    const run = this.#realm.run(
      `(function (require, module, exports) {${this.#read(path)}\n})`,
      join(this.#folder, path),
    ) as Run
    const require = (wanted: string) => this.require(moduleAt(posix.join(posix.dirname(path), wanted)))
    run(require, module, module.exports)
    return module.exports
  }

  /** A page or component, its code run when it is first needed. @param path  without an extension */
  definition(path: string): Definition {
    const known = this.#definitions.get(path)
    if (known !== undefined) return known
    this.#registered = null
    this.require(`${path}.js`)
    const behaviour = this.#registered as Behaviour | null
    if (behaviour === null) throw new Error(`${path}.js calls neither Page() nor Component()`)
    const config = JSON.parse(this.#read(`${path}.json`)) as Record<string, unknown>
    const components = { ...this.config.usingComponents, ...(config.usingComponents as object | undefined) }
    const definition: Definition = {
      ...behaviour,
      path,
      config,
      template: compileWxml(this.#read(`${path}.wxml`), `${path}.wxml`),
      components: new Map(Object.entries(components).map(([tag, to]) => [tag, this.#component(path, to)])),
    }
    this.#definitions.set(path, definition)
    return definition
  }

  #component(from: string, to: string): string {
    if (to.includes('://')) return this.#report(`the component ${to}`)
    return to.startsWith('/') ? to.slice(1) : posix.join(posix.dirname(from), to)
  }

  #read(path: string): string {
    const file = join(this.#folder, path)
    if (!existsSync(file)) throw new Error(`the bundle has no ${path}`)
    return readFileSync(file, 'utf8')
  }
}

const moduleAt = (path: string): string => (path.endsWith('.js') ? path : `${path}.js`)
