import { parsePath } from './data-path'
import type { Template } from './wxml'

export type Method = (this: unknown, ...args: unknown[]) => unknown

export interface Property {
  /** The app's own String, Number, Boolean, Object or Array by name; '' takes anything. */
  readonly type: string
  readonly value: unknown
  readonly observer: Method | string | undefined
}

export interface Observer {
  readonly paths: readonly (readonly (string | number)[])[]
  readonly run: Method
}

/** What `Component()` or `Page()` was called with, its behaviors merged in. */
export interface Behaviour {
  readonly data: readonly unknown[]
  readonly properties: ReadonlyMap<string, Property>
  readonly methods: Readonly<Record<string, Method>>
  readonly lifetimes: Readonly<Record<string, readonly Method[]>>
  readonly pageLifetimes: Readonly<Record<string, readonly Method[]>>
  readonly observers: readonly Observer[]
  /** What a `Page()` keeps beside its functions. */
  readonly fields: Readonly<Record<string, unknown>>
}

/** A behaviour with its files. */
export interface Definition extends Behaviour {
  /** Such as "pages/home/home", without an extension. */
  readonly path: string
  readonly template: readonly Template[]
  /** Tag to path, by `usingComponents` of the component and of the app. */
  readonly components: ReadonlyMap<string, string>
  readonly config: Readonly<Record<string, unknown>>
}

type Options = Record<string, unknown>

const LIFETIMES = ['created', 'attached', 'ready', 'moved', 'detached', 'error']
const PAGE_LIFETIMES = ['show', 'hide', 'resize', 'routeDone']
const REFUSED = ['relations', 'definitionFilter', 'generics', 'export']
const DEFAULTS: Readonly<Record<string, unknown>> = { String: '', Number: 0, Boolean: false, Array: [] }

/** Reads the options of `Component()` or `Behavior()`. @param report  what is not simulated; throws */
export function readComponent(given: unknown, report: (path: string) => never): Behaviour {
  const options = given as Options
  for (const name of REFUSED) if (name in options) report(`Component({ ${name} })`)
  const inherited = list(options.behaviors).map((behaviour) => {
    if (typeof behaviour === 'string') return report(`the behavior "${behaviour}"`)
    return readComponent(behaviour, report)
  })
  const lifetimes = record(options.lifetimes)
  return merge([
    ...inherited,
    {
      data: [options.data],
      properties: readProperties(record(options.properties)),
      methods: functionsOf(record(options.methods)),
      lifetimes: listed(LIFETIMES, (name) => lifetimes[name] ?? options[name]),
      pageLifetimes: listed(PAGE_LIFETIMES, (name) => record(options.pageLifetimes)[name]),
      observers: Object.entries(record(options.observers)).map(([paths, run]) => ({
        paths: paths.split(',').map((path) => (path.trim() === '**' ? [] : parsePath(path.trim()))),
        run: run as Method,
      })),
      fields: {},
    },
  ])
}

/** Reads the options of `Page()`. */
export function readPage(given: unknown, report: (path: string) => never): Behaviour {
  const { data, behaviors, ...rest } = given as Options
  const fields = Object.entries(rest).filter(([, value]) => typeof value !== 'function')
  return merge([
    ...list(behaviors).map((behaviour) => readComponent(behaviour, report)),
    {
      data: [data],
      properties: new Map(),
      methods: functionsOf(rest),
      lifetimes: {},
      pageLifetimes: {},
      observers: [],
      fields: Object.fromEntries(fields),
    },
  ])
}

/** The later ones' data, properties and methods win; all their lifetimes run. */
function merge(all: readonly Behaviour[]): Behaviour {
  const join = (pick: (one: Behaviour) => Readonly<Record<string, readonly Method[]>>) => {
    const joined: Record<string, Method[]> = {}
    for (const one of all) {
      for (const [name, methods] of Object.entries(pick(one))) (joined[name] ??= []).push(...methods)
    }
    return joined
  }
  return {
    data: all.flatMap(({ data }) => data),
    properties: new Map(all.flatMap(({ properties }) => [...properties])),
    methods: Object.assign({}, ...all.map(({ methods }) => methods)) as Record<string, Method>,
    lifetimes: join(({ lifetimes }) => lifetimes),
    pageLifetimes: join(({ pageLifetimes }) => pageLifetimes),
    observers: all.flatMap(({ observers }) => observers),
    fields: Object.assign({}, ...all.map(({ fields }) => fields)) as Options,
  }
}

function readProperties(properties: Options): Map<string, Property> {
  return new Map(
    Object.entries(properties).map(([name, given]): [string, Property] => {
      const isType = given === null || typeof given === 'function'
      const { type, value, observer } = isType ? { type: given } : record(given)
      const typeName = typeof type === 'function' ? type.name : ''
      const initial = value === undefined ? (DEFAULTS[typeName] ?? null) : value
      return [name, { type: typeName, value: initial, observer: observer as Method | string | undefined }]
    }),
  )
}

function listed(names: readonly string[], find: (name: string) => unknown): Record<string, Method[]> {
  const found: Record<string, Method[]> = {}
  for (const name of names) {
    const method = find(name)
    if (typeof method === 'function') found[name] = [method as Method]
  }
  return found
}

function functionsOf(options: Options): Record<string, Method> {
  const functions = Object.entries(options).filter(([, value]) => typeof value === 'function')
  return Object.fromEntries(functions) as Record<string, Method>
}

const record = (value: unknown): Options => (value ?? {}) as Options
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
