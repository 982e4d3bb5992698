import { parsePushPayload, type Message, type PushPayload } from '@herald/protocol'
import { readFileSync } from 'node:fs'
import { createContext, Script } from 'node:vm'
import type { FeedRecord } from '@/services/storage/storage'
import type { StorageWrite } from '@/services/storage/storage'
import type { Sending } from './journal'
import type { PhoneStorage } from './phone-storage'

/** The worker's part in pushes, as it is shipped. */
const PROGRAM = new Script(readFileSync('public/push.js', 'utf8'), { filename: 'public/push.js' })

export const SCOPE = 'http://gateway/'

/** As public/push.js makes it. */
const SUMMARY_TAG = 'herald-summary'

/** A push that came to the browser. `copy`: it did so before. */
export interface Arrival {
  readonly payload: PushPayload
  readonly sending: Sending
  readonly copy: boolean
}

/** A window of the app, as its worker sees it. */
export interface WorkerWindow {
  readonly visibilityState: 'visible' | 'hidden'
  postMessage(data: unknown): void
}

/** What a service worker has of its browser. */
export interface WorkerHost {
  readonly storage: PhoneStorage
  readonly windows: () => readonly WorkerWindow[]
  readonly endpoint: () => string
  /** The browser's push service hears that nobody wants its pushes any more. */
  readonly unsubscribe: () => void
  readonly after: (ms: number, run: () => void) => void
  readonly ask: (
    method: string,
    url: string,
    headers: Record<string, string>,
    body: string | undefined,
  ) => Promise<{ status: number; text: string }>
  /** A notification goes up. */
  readonly show: (tag: string, arrival: Arrival) => void
  readonly shown: () => readonly string[]
  readonly close: (tag: string) => void
}

type Listener = (event: Record<string, unknown>) => void

/** The service worker of one browser: the real public/push.js on a tray, a cache, a list and a network of the world. */
export class BrowserWorker {
  readonly caches: Pick<CacheStorage, 'open' | 'delete'>
  readonly #host: WorkerHost
  readonly #listeners = new Map<string, Listener>()
  readonly #cached = new Map<string, Response>()
  /** Pushes that it is busy with, and has shown nothing for: two that come at once may have one tag. */
  readonly #taken: Arrival[] = []

  constructor(host: WorkerHost) {
    this.#host = host
    this.caches = this.#openCaches()
    const globals = this.#globals()
    PROGRAM.runInContext(createContext(Object.assign(globals, { self: globals })))
  }

  /** What a page asks for its subscription. */
  get pushManager(): Pick<PushManager, 'getSubscription' | 'subscribe'> {
    const subscription = (): Promise<PushSubscription> => Promise.resolve(this.#subscription())
    return { getSubscription: subscription, subscribe: subscription }
  }

  /** A push service brings this. */
  push(text: string, sending: Sending, copy: boolean): void {
    const payload = parsePushPayload(text)
    if (!payload) throw new Error(`a push that no client reads: ${text}`)
    const arrival = { payload, sending, copy }
    this.#taken.push(arrival)
    void this.#dispatch('push', { data: { json: () => JSON.parse(text) as unknown } }).then(() => {
      this.#drop(arrival)
    })
  }

  /** The browser has another subscription. */
  subscriptionChanged(): void {
    void this.#dispatch('pushsubscriptionchange', { newSubscription: this.#subscription() })
  }

  /** What fails is the worker's: what it could not show is the next start's to find. */
  #dispatch(type: string, fields: object): Promise<void> {
    return new Promise((resolve) => {
      const waitUntil = (work: Promise<unknown>): void =>
        void work.catch(() => undefined).then(() => resolve())
      this.#listeners.get(type)?.({ ...fields, waitUntil })
    })
  }

  #subscription(): PushSubscription {
    const endpoint = this.#host.endpoint()
    const subscription = {
      endpoint,
      options: { applicationServerKey: null },
      unsubscribe: () => {
        this.#host.unsubscribe()
        return Promise.resolve(true)
      },
      toJSON: () => ({ endpoint, keys: { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) } }),
    }
    return subscription as unknown as PushSubscription
  }

  #openCaches() {
    const cache = {
      match: (url: string) => Promise.resolve(this.#cached.get(url)?.clone()),
      put: (url: string, response: Response) => Promise.resolve(void this.#cached.set(url, response)),
    }
    return {
      open: () => Promise.resolve(cache),
      delete: () => {
        this.#cached.clear()
        return Promise.resolve(true)
      },
    } as unknown as Pick<CacheStorage, 'open' | 'delete'>
  }

  #globals(): Record<string, unknown> {
    const host = this.#host
    return {
      ...{
        namespace: 'herald',
        scope: SCOPE,
        caches: this.caches,
        indexedDB: openDatabase(host.storage),
        URL,
        Response,
      },
      addEventListener: (type: string, listener: Listener) => this.#listeners.set(type, listener),
      appWindows: () => Promise.resolve(host.windows()),
      after: (ms: number, value: unknown) =>
        new Promise((resolve) => {
          host.after(ms, () => {
            resolve(value)
          })
        }),
      navigator: {},
      registration: {
        pushManager: this.pushManager,
        showNotification: (_title: string, { tag }: { tag: string }) => {
          this.#show(tag)
          return Promise.resolve()
        },
        getNotifications: () =>
          Promise.resolve(
            host.shown().map((tag) => ({
              tag,
              close: () => {
                host.close(tag)
              },
            })),
          ),
      },
      fetch: (url: string, init: { method?: string; headers?: Record<string, string>; body?: string } = {}) =>
        host.ask(init.method ?? 'GET', url, init.headers ?? {}, init.body).then(({ status, text }) => ({
          ok: status >= 200 && status < 300,
          json: () => Promise.resolve(JSON.parse(text) as unknown),
        })),
    }
  }

  #show(tag: string): void {
    const arrival = this.#taken.find(({ payload }) =>
      payload.type === 'message' ? payload.id === tag : payload.type === 'summary' && tag === SUMMARY_TAG,
    )
    if (!arrival) throw new Error(`a notification ${tag} of no push`)
    this.#drop(arrival)
    this.#host.show(tag, arrival)
  }

  #drop(arrival: Arrival): void {
    const at = this.#taken.indexOf(arrival)
    if (at >= 0) this.#taken.splice(at, 1)
  }
}

/** As much of IndexedDB as the worker uses, on the list that the tabs keep. */
function openDatabase(storage: PhoneStorage) {
  const request = (result: unknown) => {
    const made: { result: unknown; onsuccess: (() => void) | null } = { result, onsuccess: null }
    queueMicrotask(() => made.onsuccess?.())
    return made
  }
  const keep = (write: StorageWrite) => {
    storage.put(write)
    return request(undefined)
  }
  const stores = {
    presented: {
      index: () => ({ getKey: (id: string) => request(storage.hasPresented(id) ? id : undefined) }),
      add: (id: string) => keep({ presented: [id] }),
    },
    feeds: {
      get: (feed: string) => request(storage.feed(feed)),
      put: (record: FeedRecord) => keep({ feeds: [record] }),
    },
    rows: {
      put: (row: Message) => keep({ rows: [row] }),
    },
  }
  const database = {
    transaction: () => ({ objectStore: (name: keyof typeof stores) => stores[name] }),
    close: () => undefined,
  }
  return { open: () => request(database) }
}
