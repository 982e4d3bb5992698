import { hasInjectionContext, inject, type InjectionKey } from 'vue'
import type { Herald } from './types'

/** By this key components find the Herald of their app. */
export const HERALD: InjectionKey<Herald> = Symbol('herald')

/** The Heralds that this copy of the package has made, by their namespace. */
const made = new Map<string, Herald>()

/** Where all copies of the package in a page find each other. */
const REGISTRY = Symbol.for('herald.instances')

/** Which copy holds a namespace in this page; a mini-program may have no global object, and loads each file once. */
function holders(): Map<string, object> {
  const page = (typeof globalThis === 'undefined' ? {} : globalThis) as { [REGISTRY]?: Map<string, object> }
  page[REGISTRY] ??= new Map()
  return page[REGISTRY]
}

/**
 * The Herald that this copy has made of a namespace; null where there is none. Throws where another copy of the package has:
 * it would connect, and this one's lists would stay empty.
 */
export function claim(namespace: string): Herald | null {
  const first = made.get(namespace)
  if (first) return first
  const holder = holders().get(namespace)
  if (holder !== undefined && holder !== made)
    throw new Error(
      `two copies of Herald are in this page, and the other one has the namespace "${namespace}". ` +
        'A dev server that bundles packages beforehand makes a second copy: exclude Herald there (optimizeDeps.exclude of Vite).',
    )
  return null
}

/** This one is the Herald of its namespace from now on. */
export function keep(herald: Herald): void {
  made.set(herald.namespace, herald)
  holders().set(herald.namespace, made)
}

/** The Herald of the component's app, else the only one of the page. Throws where there is none, or a choice. */
export function useHerald(): Herald {
  const provided = hasInjectionContext() ? inject(HERALD, null) : null
  if (provided) return provided
  const [only, ...others] = made.values()
  if (!only) throw new Error('there is no Herald yet: call createHerald in main.ts')
  if (others.length > 0) throw new Error('there are several Heralds: app.use(herald) says which one is meant')
  return only
}
