import { readFileSync } from 'node:fs'
import { createContext, runInContext, type Context } from 'node:vm'
import { IDBFactory } from 'fake-indexeddb'
import { workerUrl } from '@/services/presentation/h5/register-worker'

const PUBLIC = new URL('../../../public/', import.meta.url)

interface WorkerEvent {
  waitUntil(work: Promise<unknown>): void
  [field: string]: unknown
}

/** A notification in the tray. */
export interface FakeNotification {
  readonly title: string
  readonly tag: string
  readonly options: NotificationOptions & { tag: string }
  close(): void
}

/** A window of the app, as the worker sees it. */
export interface FakeClient {
  readonly url: string
  readonly focused: boolean
  readonly visibilityState: 'visible' | 'hidden'
  readonly received: unknown[]
  /** What came to it with a port, and whether it was told that it may show that. */
  readonly offered: { readonly payload: unknown; yours: boolean }[]
  focusedNow: boolean
  postMessage(data: unknown, transfer?: readonly MessagePort[]): void
  focus(): Promise<unknown>
}

/**
 * A ServiceWorkerGlobalScope that runs the real public/sw.js. Script it with `network` (what fetch answers by URL; a
 * missing one is a lost network), `clients`, and `dispatch(type, fields)`, which resolves when waitUntil and
 * respondWith have. Like the real one, it refuses to cache anything but GET, and knows no request that it was not given.
 */
export class FakeServiceWorker {
  readonly scope: string
  readonly network = new Map<string, () => Response | Promise<Response>>()
  readonly fetched: string[] = []
  readonly stores = new Map<string, Map<string, Response>>()
  readonly opened: string[] = []
  readonly requests: { url: string; method: string; headers: Record<string, string>; body?: string }[] = []
  /** What lies in the tray, by tag: showing a tag again takes the place of the earlier one. */
  readonly tray = new Map<string, FakeNotification>()
  readonly badges: number[] = []
  readonly indexedDB = new IDBFactory()
  subscription: { endpoint: string; unsubscribe(): Promise<boolean>; toJSON(): object } | null = null
  subscribe: (options: PushSubscriptionOptionsInit) => Promise<unknown> = () =>
    Promise.reject(new Error('no'))
  readonly #context: Context
  clients: FakeClient[] = []
  claimed = false
  skippedWaiting = false
  readonly #listeners = new Map<string, (event: WorkerEvent) => void>()
  #timers: (() => void)[] = []

  constructor(
    scope = 'https://herald.example/app/',
    readonly namespace = 'herald',
    /** A host's: what `scripts/pack-sdk.mjs` puts before the file. */
    readonly isGuest = false,
  ) {
    this.scope = scope
    this.#context = createContext(this.#globals())
    this.#run('sw.js')
  }

  /** Fires an event, and gives what respondWith was given. Undefined: the browser goes to the network itself. */
  async dispatch(type: string, fields: Record<string, unknown> = {}): Promise<Response | undefined> {
    const { answer, done } = this.start(type, fields)
    const response = await answer
    await done()
    return response
  }

  /** The same, for a test that looks at the answer before the rest is done. */
  start(type: string, fields: Record<string, unknown>) {
    const waiting: Promise<unknown>[] = []
    let answer: Promise<Response> | undefined
    this.#listeners.get(type)?.({
      ...fields,
      waitUntil: (work) => waiting.push(work),
      respondWith: (response: Promise<Response>) => (answer = response),
    })
    return { answer, done: () => Promise.all(waiting) }
  }

  fetch(
    path: string,
    mode: 'navigate' | 'no-cors' | 'cors' = 'no-cors',
    method = 'GET',
  ): Promise<Response | undefined> {
    return this.dispatch('fetch', { request: { url: new URL(path, this.scope).href, mode, method } })
  }

  /** The cache storage of the origin, which the page has too. */
  get caches(): CacheStorage {
    return {
      keys: async () => [...this.stores.keys()],
      delete: async (name: string) => this.stores.delete(name),
      open: async (name: string) => this.#openCache(name),
    } as unknown as CacheStorage
  }

  /** Runs every timer that was set. */
  runTimers(): void {
    for (const run of this.#timers.splice(0)) run()
  }

  /** What the network answers at a path. */
  serve(path: string, body: string, { status = 200, type = 'text/html', redirected = false } = {}): void {
    this.network.set(new URL(path, this.scope).href, () => responseOf(body, status, type, redirected))
  }

  get cached(): string[] {
    return [...this.stores.values()].flatMap((store) => [...store.keys()])
  }

  #run(file: string): void {
    runInContext(readFileSync(new URL(file, PUBLIC), 'utf8'), this.#context, { filename: `public/${file}` })
  }

  #registration() {
    return {
      scope: this.scope,
      pushManager: {
        getSubscription: async () => this.subscription,
        subscribe: async (options: PushSubscriptionOptionsInit) => this.subscribe(options),
      },
      showNotification: async (title: string, options: FakeNotification['options']) => {
        const close = (): boolean => this.tray.delete(options.tag)
        this.tray.set(options.tag, { title, options, tag: options.tag, close })
      },
      getNotifications: async () => [...this.tray.values()],
    }
  }

  #globals(): Record<string, unknown> {
    const global: Record<string, unknown> = {
      ...(this.isGuest && { heraldGuest: true }),
      registration: this.#registration(),
      location: { href: workerUrl('sw.js', this.scope, this.namespace) },
      importScripts: (file: string) => {
        this.#run(file)
      },
      indexedDB: this.indexedDB,
      navigator: {
        setAppBadge: async (count: number) => this.badges.push(count),
        clearAppBadge: async () => this.badges.push(0),
      },
      Response,
      MessageChannel,
      addEventListener: (type: string, listener: (event: WorkerEvent) => void) =>
        this.#listeners.set(type, listener),
      skipWaiting: async () => (this.skippedWaiting = true),
      clients: {
        claim: async () => (this.claimed = true),
        matchAll: async () => this.clients,
        openWindow: async (url: string) => this.opened.push(url),
      },
      caches: this.caches,
      fetch: async (
        request: string | { url: string },
        options: { method?: string; headers?: Record<string, string>; body?: string } = {},
      ) => {
        this.requests.push({ url: urlOf(request), method: 'GET', headers: {}, ...options })
        return this.#fetch(urlOf(request))
      },
      URL,
      Request: class {
        readonly url: string
        readonly method = 'GET'
        constructor(url: string) {
          this.url = url
        }
      },
      setTimeout: (run: (value: unknown) => void, _ms: number, value: unknown) =>
        this.#timers.push(() => {
          run(value)
        }),
    }
    global.self = global
    return global
  }

  async #fetch(url: string): Promise<Response> {
    this.fetched.push(url)
    const answer = this.network.get(url)
    if (!answer) throw new TypeError('Failed to fetch')
    return answer()
  }

  #openCache(name: string) {
    const store = this.stores.get(name) ?? new Map<string, Response>()
    this.stores.set(name, store)
    return {
      match: async (request: string | { url: string }) => store.get(urlOf(request))?.clone(),
      put: async (request: string | { url: string; method: string }, response: Response) => {
        if (typeof request !== 'string' && request.method !== 'GET')
          throw new TypeError('only GET can be cached')
        store.set(urlOf(request), response)
      },
      keys: async () => [...store.keys()].map((url) => ({ url })),
      delete: async (request: { url: string }) => store.delete(request.url),
    }
  }
}

/** @param state `answers`: it is there, and not just closing */
export function clientAt(
  url: string,
  state: Partial<Pick<FakeClient, 'focused' | 'visibilityState'>> & { answers?: boolean } = {},
): FakeClient {
  const client: FakeClient = {
    url,
    focused: false,
    visibilityState: 'hidden',
    received: [],
    offered: [],
    focusedNow: false,
    ...state,
    postMessage: (data, transfer = []) => {
      const [port] = transfer
      if (port) takeOffer(client, data, port, state.answers ?? true)
      else client.received.push(data)
    },
    focus: async () => (client.focusedNow = true),
  }
  return client
}

function takeOffer(client: FakeClient, data: unknown, port: MessagePort, answers: boolean): void {
  const offer = { payload: (data as { payload: unknown }).payload, yours: false }
  client.offered.push(offer)
  port.onmessage = () => {
    offer.yours = true
    port.close()
  }
  if (answers) port.postMessage('here')
}

const urlOf = (request: string | { url: string }): string =>
  typeof request === 'string' ? request : request.url

/** A response as fetch gives it: one that was made by hand has no `type` and is never redirected. */
function responseOf(body: string, status: number, type: string, redirected: boolean): Response {
  const response = new Response(body, { status, headers: { 'content-type': type } })
  const clone = response.clone.bind(response)
  return Object.defineProperties(response, {
    type: { value: 'basic' },
    redirected: { value: redirected },
    clone: { value: clone },
  })
}
