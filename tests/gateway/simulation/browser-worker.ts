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

/** A push that came to the browser. `copy`: it did so before. */
export interface Arrival {
  readonly payload: PushPayload
  readonly sending: Sending
  readonly copy: boolean
}

/** A window of the app, as its worker sees it. */
export interface WorkerWindow {
  readonly visibilityState: 'visible' | 'hidden'
  postMessage(data: unknown, ports?: readonly WorkerPort[]): void
}

/** One end of a channel between the worker and a tab. */
export interface WorkerPort {
  onmessage: ((event: { data: unknown }) => void) | null
  postMessage(data: unknown): void
  close(): void
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

/** What fails is the worker's: what it could not show is the next start's to find. */
const waitUntil = (work: Promise<unknown>): void => void work.catch(() => undefined)

/**
 * The service worker of one browser: the real public/push.js on a tray, a cache, a list and a network of the world. It is
 * started for each event, as a browser may, so that each notification is known to be of its push: two that come at once
 * may have one tag.
 */
export class BrowserWorker {
  readonly caches: Pick<CacheStorage, 'open' | 'delete'>
  readonly #host: WorkerHost
  readonly #cached = new Map<string, Response>()

  constructor(host: WorkerHost) {
    this.#host = host
    this.caches = this.#openCaches()
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
    const data = { json: () => JSON.parse(text) as unknown }
    this.#start((tag) => {
      this.#host.show(tag, arrival)
    }).get('push')?.({ data, waitUntil })
  }

  /** The browser has another subscription. */
  subscriptionChanged(): void {
    const newSubscription = this.#subscription()
    this.#start((tag) => {
      throw new Error(`a notification ${tag} of no push`)
    }).get('pushsubscriptionchange')?.({ newSubscription, waitUntil })
  }

  #start(show: (tag: string) => void): ReadonlyMap<string, Listener> {
    const listeners = new Map<string, Listener>()
    const globals = this.#globals(listeners, show)
    PROGRAM.runInContext(createContext(Object.assign(globals, { self: globals })))
    return listeners
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

  #globals(listeners: Map<string, Listener>, show: (tag: string) => void): Record<string, unknown> {
    const host = this.#host
    return {
      ...{
        namespace: 'herald',
        scope: SCOPE,
        caches: this.caches,
        indexedDB: openDatabase(host.storage),
        URL,
        Response,
        MessageChannel: Channel,
      },
      addEventListener: (type: string, listener: Listener) => listeners.set(type, listener),
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
          show(tag)
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
}

/** What goes in at one end comes out at the other, in the same step. */
class Channel {
  readonly port1: WorkerPort = this.#portTo(() => this.port2)
  readonly port2: WorkerPort = this.#portTo(() => this.port1)

  #portTo(other: () => WorkerPort): WorkerPort {
    return {
      onmessage: null,
      postMessage: (data) => {
        queueMicrotask(() => other().onmessage?.({ data }))
      },
      close: () => undefined,
    }
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
