/** Something of the native layer that the emulator does not have. */
export class NotSimulatedError extends Error {
  override readonly name = 'NotSimulatedError'

  constructor(path: string) {
    super(`${path} is not simulated`)
  }
}

/** Told of each use of something that is not simulated, as the app's own code may catch the error. */
export type ReportMissing = (path: string) => void

export interface StrictOptions {
  readonly report: ReportMissing
  /** Names that are undefined on a phone too, or that the runtime itself puts there later. */
  readonly absent?: readonly string[]
}

/** What JavaScript itself asks of any object: promises, JSON, Vue's marks. */
const ASKED_OF_ALL = ['then', 'toJSON']

/** The object, but a name that it lacks throws with its full path instead of being undefined. */
export function strict<T extends object>(path: string, target: T, { report, absent = [] }: StrictOptions): T {
  return new Proxy(target, {
    get(object, key) {
      if (typeof key === 'symbol' || key in object) return Reflect.get(object, key) as unknown
      if (key.startsWith('__') || ASKED_OF_ALL.includes(key) || absent.includes(key)) return undefined
      return missing(`${path}.${key}`, report)
    },
  })
}

/** A namespace that a phone has and the emulator has nothing of: every member throws with its full path. */
export function unsimulated(path: string, report: ReportMissing): object {
  return strict(path, {}, { report })
}

export function missing(path: string, report: ReportMissing): never {
  report(path)
  throw new NotSimulatedError(path)
}
