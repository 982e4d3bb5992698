import { build } from 'esbuild'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import vm from 'node:vm'
import type { AppConsole } from './app-console'
import type { AppTime } from './app-time'
import { FOLLOW_CLOCK } from './wall-clock'

type LogicFunction = (...args: unknown[]) => unknown

/** What DCloud's logic runtime offers an app, and the app's compiled settings. */
interface LogicGlobals {
  readonly __uniConfig: UniConfig
  readonly __uniRoutes: unknown[]
}

/** The part of the app's compiled settings that the native layer reads. */
export interface UniConfig {
  readonly tabBar?: Record<string, unknown>
  readonly locales?: Record<string, Record<string, string>>
  readonly themeConfig?: Record<string, Record<string, string>>
  readonly darkmode?: boolean
  readonly entryPagePath: string
}

export interface LogicNatives {
  readonly plus: object
  readonly weex: object
}

export interface LogicOptions {
  readonly bundle: string
  readonly project: string
  readonly platform: 'android' | 'ios'
  readonly now: () => number
  readonly time: AppTime
  readonly console: AppConsole
}

const ENTRY = `
  import * as vue from 'vue'
  import runtime from '@dcloudio/uni-app-plus/dist/uni.runtime.esm.js'
  import { initApp } from '@dcloudio/uni-app-plus/dist/uni.vue.js'
  const createVueApp = (...args) => {
    const app = vue.createVueApp(...args)
    const mount = app.mount
    // What the engine does around the app's own mount.
    app.mount = (...where) => {
      initApp(app)
      const instance = mount.apply(app, where)
      runtime.__registerApp(instance)
      return instance
    }
    return app
  }
  Object.assign(globalThis, runtime, { Vue: { ...vue, createVueApp, createSSRApp: createVueApp } })`

const bundled = new Map<string, Promise<string>>()

/** DCloud's logic runtime and Vue for App, of the versions that the project has, as one script. */
export function bundleLogicRuntime(project: string): Promise<string> {
  const known = bundled.get(project)
  if (known !== undefined) return known
  const script = buildRuntime(project)
  bundled.set(project, script)
  return script
}

async function buildRuntime(project: string): Promise<string> {
  const { resolve } = createRequire(join(project, 'package.json'))
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: project },
    alias: { vue: resolve('@dcloudio/uni-app-vue/dist/vue.runtime.esm.prod.js') },
    define: {
      'process.env.NODE_ENV': '"production"',
      __PLATFORM__: '"app"',
      __UNI_FEATURE_I18N_LOCALE__: 'true',
    },
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2020',
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

/**
 * One life of an app's logic side: a context without DOM, fetch or WebSocket, as on a phone. `load` runs the settings,
 * so that the native layer can be made from them; `start` runs DCloud's runtime and the app.
 */
export class LogicRuntime {
  readonly #options: LogicOptions
  readonly #context: vm.Context
  readonly config: UniConfig

  constructor(options: LogicOptions) {
    const { time, console, now } = options
    this.#options = options
    const scope = {
      console: console.asGlobal(),
      setTimeout: time.setTimeout,
      setInterval: time.setInterval,
      clearTimeout: time.clearTimer,
      clearInterval: time.clearTimer,
      exports: { platform: options.platform === 'ios' ? 'iOS' : 'Android' },
    }
    this.#context = vm.createContext(scope)
    const followClock = this.#run(FOLLOW_CLOCK, 'wall-clock.js') as LogicFunction
    followClock(now)
    const globals = this.#loadConfig()
    Object.assign(this.#context, globals, { global: this.#context, globalThis: this.#context })
    this.config = globals.__uniConfig
  }

  /** Copies JSON into the app's own realm, where `instanceof Object` holds for it. */
  readonly toLogic = (value: unknown): unknown => {
    if (value === undefined) return undefined
    const { parse } = this.#run('JSON', 'realm.js') as { parse: LogicFunction }
    return parse(JSON.stringify(value))
  }

  async start({ plus, weex }: LogicNatives): Promise<void> {
    const { project, bundle, time, console } = this.#options
    const runtime = await bundleLogicRuntime(project)
    Object.assign(this.#context, { plus, weex })
    time.run(() => {
      this.#run(runtime, 'uni-app-plus.js')
      const file = join(bundle, 'app-service.js')
      if (!existsSync(file)) throw new Error(`${bundle} is not a build for App: it has no app-service.js`)
      console.add('debug', 'app-service.js starts')
      this.#run(readFileSync(file, 'utf8'), file)
    })
  }

  #loadConfig(): LogicGlobals {
    const file = join(this.#options.bundle, 'app-config-service.js')
    let globals: LogicGlobals | undefined
    const weex = { config: { env: { scale: 2, deviceWidth: 780 } } }
    const register = (_name: string, { create }: { create: LogicFunction }) => {
      globals = (create({}, { weex }, {}) as { instance: LogicGlobals }).instance
    }
    Object.assign(this.#context, { service: { register } })
    this.#run(readFileSync(file, 'utf8'), file)
    if (globals === undefined) throw new Error(`${file} registered no settings`)
    return globals
  }

  #run(code: string, filename: string): unknown {
    return vm.runInContext(code, this.#context, { filename }) as unknown
  }
}
