import type { App } from 'vue'
import type { Message } from '@herald/protocol'
import { listMessages, unreadOf, unreadTotal, type MessageFilter } from '../services/inbox/message-list'
import { applyChange, changes, type ChangeName, type Commit } from '../store/changes'
import type { HeraldState } from '../store/state'
import { coreOf, partsOf } from './parts'
import type { Herald, VuexStoreLike } from './types'

/** What is given is the caller's to know: Vuex types it as anything. */
type Mutation = { call(state: HeraldState, given: unknown): void }['call']
/** What Vuex gives an action, as far as it is used. */
interface ActionContext {
  readonly commit: (type: string, given: unknown) => void
}
type Action = { call(context: ActionContext, given: unknown): unknown }['call']

/** A module of Vuex 4, without its types: a host may have none. */
export interface HeraldVuexModule {
  readonly namespaced: true
  readonly state: HeraldState
  readonly getters: {
    unread(state: HeraldState): number
    unreadOf(state: HeraldState): (feed: string) => number
    messages(state: HeraldState): readonly Message[]
  }
  readonly mutations: Readonly<Record<ChangeName, Mutation>>
  readonly actions: Readonly<Record<string, Action | { readonly root: true; readonly handler: Action }>>
}

/** Asks the modules of a store, whatever they are called, how to commit into them. Each names its state. */
const ATTACH = '@herald/attach'
type Attach = (state: HeraldState, commit: Commit) => void

const EVERYTHING: MessageFilter = { unreadOnly: false, feed: null, search: '' }

const withModule = new WeakSet<Herald>()

/**
 * Herald's state as a module of a Vuex store, under any name. Every change is a commit from the moment on that the store is
 * known: by `app.use(store)` before `app.use(herald)`, or by the option `store`.
 */
export function heraldModule(herald: Herald): HeraldVuexModule {
  if (!withModule.has(herald)) partsOf(herald).used.push(adoptStoreOf(herald))
  withModule.add(herald)
  const { messages } = herald
  const names = Object.keys(changes) as ChangeName[]
  const mutation =
    (name: ChangeName): Mutation =>
    (state, given) => {
      applyChange(state, name, given as never)
    }
  const attach: Action = ({ commit }, take: Attach) => {
    take(herald.state, commit)
  }
  return {
    namespaced: true,
    state: herald.state,
    getters: {
      unread: ({ notifications }) => unreadTotal(notifications),
      unreadOf:
        ({ notifications }) =>
        (feed) =>
          unreadOf(notifications, feed),
      messages: ({ notifications }) => listMessages(notifications, EVERYTHING),
    },
    mutations: Object.fromEntries(names.map((name) => [name, mutation(name)])) as Record<
      ChangeName,
      Mutation
    >,
    actions: {
      read: (_, which: Parameters<typeof messages.read>[0]) => messages.read(which),
      readAll: (_, feed: string | null | undefined) => messages.readAll(feed),
      hide: (_, ids: readonly string[]) => messages.hide(ids),
      refresh: () => messages.refresh(),
      loadOlder: (_, filter: Partial<MessageFilter> | undefined) => messages.loadOlder(filter),
      signOut: () => herald.signOut(),
      [ATTACH]: { root: true, handler: attach },
    },
  }
}

/** Puts a Herald into a store, or takes up the module that is there. */
export function adoptStore(store: VuexStoreLike, name: string, herald: Herald): void {
  if (!withModule.has(herald)) store.registerModule(name, heraldModule(herald) as never)
  const { writer } = coreOf(herald)
  if (writer.isAttached) return
  const take: Attach = (state, commit) => {
    if (state === herald.state) writer.attach(commit)
  }
  store.dispatch(ATTACH, take)
}

/** Takes up a module that the host has put into the store of its app. */
const adoptStoreOf = (herald: Herald) => (app: App) => {
  const { $store } = app.config.globalProperties as { $store?: VuexStoreLike }
  if ($store) adoptStore($store, '', herald)
}

/** Puts a Herald into the store that its options name. */
export function adoptGivenStore(herald: Herald): void {
  const { store, storeName = 'herald' } = partsOf(herald).options
  if (store) adoptStore(store, storeName, herald)
}
