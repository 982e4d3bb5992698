import vm from 'node:vm'
import { FOLLOW_CLOCK } from '../wall-clock'
import type { AppConsole } from '../app-console'
import type { MiniTime } from './mini-time'

type RealmFunction = (...args: unknown[]) => unknown
type Construct = new (...args: unknown[]) => object

/** The mini-program's JavaScript world: ECMAScript and timers, without DOM, `fetch`, `WebSocket` or `URL`, as in WeChat. */
export class Realm {
  readonly #context: vm.Context
  readonly #parse: RealmFunction

  constructor(time: MiniTime, console: AppConsole) {
    this.#context = vm.createContext(
      {
        console: console.asGlobal(),
        setTimeout: time.setTimeout,
        setInterval: time.setInterval,
        clearTimeout: time.clearTimer,
        clearInterval: time.clearTimer,
      },
      // WeChat has neither `eval` nor `new Function`, and its own name for WebAssembly.
      { codeGeneration: { strings: false, wasm: false } },
    )
    const followClock = this.run(FOLLOW_CLOCK, 'wall-clock.js') as RealmFunction
    followClock(time.now)
    this.run('delete globalThis.WebAssembly', 'realm.js')
    this.#parse = (this.run('JSON', 'realm.js') as { parse: RealmFunction }).parse
    this.define({ global: this.#context, globalThis: this.#context })
  }

  define(globals: object): void {
    Object.assign(this.#context, globals)
  }

  run(code: string, filename: string): unknown {
    return vm.runInContext(code, this.#context, { filename }) as unknown
  }

  /** Copies JSON into the realm, where `instanceof Object` holds for it. Functions are lost, as on WeChat's bridge. */
  readonly copy = (value: unknown): unknown => {
    const text = JSON.stringify(value) as string | undefined
    return text === undefined ? undefined : this.#parse(text)
  }

  /** An error that the app sees as one. */
  error(message: string): Error {
    return new (this.#construct('Error'))(message) as Error
  }

  promise(executor: (resolve: (value: unknown) => void, reject: (error: unknown) => void) => void): object {
    return new (this.#construct('Promise'))(executor)
  }

  bytes(source: Uint8Array): object {
    const bytes = new (this.#construct('Uint8Array'))(source.length) as Uint8Array
    bytes.set(source)
    return bytes.buffer
  }

  #construct(name: string): Construct {
    return this.run(name, 'realm.js') as Construct
  }
}
