import { createSSRApp, h, isRef } from 'vue'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createStore, type Module, type Store } from 'vuex'
import { defineHeraldStore, type HeraldStoreSetup } from '@/sdk/pinia'
import type { HeraldOptions } from '@/sdk/types'
import { heraldModule, type HeraldVuexModule } from '@/sdk/vuex'
import type { HeraldState } from '@/store/state'
import { signedInStage, stage } from './stage'

/** A host's own store, strict as in development, with modules that are called like parts of Herald's state. */
function hostStore() {
  const own: Module<object, unknown> = { namespaced: true, state: () => ({ mine: true }), mutations: {} }
  return createStore<Record<string, HeraldState>>({
    strict: true,
    modules: { session: own, settings: own, cart: own },
  })
}

function commitsOf(store: Store<unknown>): string[] {
  const types: string[] = []
  store.subscribe(({ type }) => types.push(type))
  return types
}

describe('Herald’s state in a host’s Vuex store', () => {
  it('changes by commits alone, beside modules of the same names, in a strict store', async () => {
    const store = hostStore()
    const types = commitsOf(store)
    const { herald, browser, rest } = await signedInStage({ store })
    browser.gateway.publish('user:me', 2)
    await rest()
    herald.settings.update({ theme: 'dark' })
    await herald.messages.read(herald.messages.list()[0]!)
    await rest()
    expect(store.state.herald?.notifications.rows).toHaveLength(2)
    expect(store.state.herald?.settings.theme).toBe('dark')
    expect(store.getters['herald/unread']).toBe(1)
    expect((store.getters['herald/unreadOf'] as (feed: string) => number)('user:me')).toBe(1)
    expect(store.getters['herald/messages']).toHaveLength(2)
    for (const name of ['session', 'connection', 'inbox', 'ready', 'settings'])
      expect(types).toContain(`herald/${name}`)
    expect(store.state.session).toEqual({ mine: true })
  })

  it('is under any name, and what was changed before the store was known is in it', async () => {
    const { herald, browser, rest } = stage()
    await rest()
    const store = createStore<Record<string, HeraldState>>({
      strict: true,
      modules: { inbox: heraldModule(herald) as Module<HeraldState, unknown> },
    })
    const types = commitsOf(store)
    const app = createSSRApp({ render: () => h('div') })
    app.use(store)
    app.use(herald)
    await herald.signIn({ token: 'pasted' })
    browser.gateway.publish('user:me', 1)
    await rest()
    expect(types.length).toBeGreaterThan(3)
    expect(types.every((type) => type.startsWith('inbox/'))).toBe(true)
    expect(store.state.inbox?.session.user).toEqual({ id: 'me', name: 'Me' })
    await store.dispatch('inbox/readAll')
    await rest()
    expect(store.getters['inbox/unread']).toBe(0)
  })

  it('of two Heralds in one store is each one’s own', async () => {
    const store = hostStore()
    const one = await signedInStage({ store, storeName: 'one' })
    const two = await signedInStage({ store, storeName: 'two' })
    one.browser.gateway.publish('user:me', 1)
    await one.rest()
    await two.rest()
    expect([store.getters['one/unread'], store.getters['two/unread']]).toEqual([1, 0])
  })
})

it('is a store of Pinia over the same state', async () => {
  const { herald, browser, rest } = await signedInStage()
  const app = createSSRApp({ render: () => h('div') })
  app.use(herald)
  // What Pinia's defineStore does with a setup function.
  const defineStore = (id: string, setup: () => HeraldStoreSetup) => () => ({ id, ...setup() })
  const store = app.runWithContext(defineHeraldStore(defineStore))
  browser.gateway.publish('user:me', 1)
  await rest()
  expect(store.id).toBe('herald')
  expect(isRef(store.notifications)).toBe(true)
  expect(store.notifications.value.rows).toHaveLength(1)
  expect(store.unread.value).toBe(1)
  await store.readAll()
  await rest()
  expect(store.unread.value).toBe(0)
})

it('has types that Vuex takes, and asks a host for nothing but the gateway', () => {
  expectTypeOf<HeraldVuexModule>().toExtend<Module<HeraldState, unknown>>()
  expectTypeOf<{ server: string }>().toExtend<HeraldOptions>()
  expectTypeOf<Store<unknown>>().toExtend<NonNullable<HeraldOptions['store']>>()
  expectTypeOf<{ store: Store<unknown>; server: string }>().toExtend<HeraldOptions>()
})
