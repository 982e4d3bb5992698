import type { MiniHost } from './host'

/** A function of `wx`. */
export type Api = (...args: unknown[]) => unknown

export type ApiOptions = Readonly<Record<string, unknown>>
type Callback = (result: unknown) => void

/** What a function does. It answers the result's fields, a promise of them, or nothing; it throws Refusal to fail. */
type Work = (options: ApiOptions) => unknown

/** WeChat says no: its message becomes `errMsg`, after the name of the function and ":fail". */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}

/**
 * One of WeChat's many functions with `success`, `fail` and `complete`, called after the app's current code. Without
 * any of them it answers a promise.
 */
export function asyncApi(host: MiniHost, name: string, work: Work): Api {
  return (given) => {
    const options = (given ?? {}) as ApiOptions
    const hasCallback = ['success', 'fail', 'complete'].some((key) => typeof options[key] === 'function')
    if (hasCallback) {
      perform(host, name, options, work, (isOk, result) => {
        for (const callback of [options[isOk ? 'success' : 'fail'], options.complete]) {
          if (typeof callback === 'function') host.time.run(() => (callback as Callback)(result))
        }
      })
      return undefined
    }
    return host.realm.promise((resolve, reject) => {
      perform(host, name, options, work, (isOk, result) => {
        if (isOk) resolve(result)
        else reject(result)
      })
    })
  }
}

function perform(
  host: MiniHost,
  name: string,
  options: ApiOptions,
  work: Work,
  done: (isOk: boolean, result: unknown) => void,
): void {
  const succeed = (result: unknown) => {
    host.time.later(() => {
      done(true, Object.assign(host.realm.copy({}) as object, result, { errMsg: `${name}:ok` }))
    })
  }
  const fail = (error: unknown) => {
    if (!(error instanceof Refusal)) throw error
    host.time.later(() => {
      done(false, host.realm.copy({ errMsg: `${name}:fail ${error.message}` }))
    })
  }
  try {
    const result = work(options)
    if (result instanceof Promise) result.then(succeed, fail)
    else succeed(result)
  } catch (error) {
    fail(error)
  }
}
