import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** What a host writes in TypeScript, with everything that the package exports. */
const HOST = `
import { createSSRApp, computed, type App } from 'vue'
import { createStore, type Store } from 'vuex'
import {
  createHerald, defineHeraldStore, findSignInLink, heraldModule, onMessage, SignInError, useConnection, useHerald,
  useHeraldPage, useInbox, useUnread,
} from 'HERALD'
import type { Herald, HeraldOptions, Message, OpenTarget } from 'HERALD'
import { mockHerald } from 'HERALD/mock'

interface ShopState { cart: { items: number } }
const store: Store<ShopState> = createStore<ShopState>({ strict: true, state: { cart: { items: 0 } } })

const options: HeraldOptions = {
  server: 'https://msg.example.com',
  token: () => Promise.resolve(null),
  store,
  badge: { tab: 2 },
  routes: { message: (message: Message) => message.link ?? null, inbox: '/pages/messages/messages' },
  onOpen({ message, from }: OpenTarget) {
    return message?.data?.['order'] !== undefined && from === 'banner'
  },
}
const herald: Herald = createHerald(import.meta.url === '' ? { ...options, ...mockHerald({ every: 3000 }) } : options)
const app: App = createSSRApp({})
app.use(store)
app.use(herald)
export const named = createStore({ modules: { inbox: heraldModule(herald) } })

// As Pinia types it.
declare function defineStore<Setup>(id: string, setup: () => Setup): () => Setup
const useHeraldStore = defineHeraldStore(defineStore)
const total: number = useHeraldStore().unread.value

export function setup() {
  useHeraldPage()
  const { messages, hasMore, loadMore } = useInbox(() => ({ feed: 'topic:orders' }))
  const titles = computed(() => messages.value.map(({ title, time }) => title ?? String(time)))
  onMessage(({ message, fresh }) => { console.log(message.body, fresh) })
  return { titles, hasMore, loadMore, unread: useUnread('all'), connection: useConnection(), total }
}

export async function signIn(text: string): Promise<string> {
  const link = findSignInLink(text)
  const stop = useHerald().on('error', ({ code, where }) => { console.log(code, where) })
  try {
    if (link) await herald.signIn({ token: link.code, server: link.server })
    return herald.state.session.user?.name ?? ''
  } catch (error) {
    return error instanceof SignInError ? error.code : ''
  } finally {
    stop()
  }
}

// What is misspelt is found.
// @ts-expect-error
createHerald({ servr: '' })
// @ts-expect-error
herald.on('mesage', () => undefined)
`

const COMMON: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['@dcloudio/types'],
}

/** How hosts have TypeScript look at them: uni's own preset, a strict one, and one for libraries of old browsers. */
export const HOST_SETTINGS: Readonly<Record<string, ts.CompilerOptions>> = {
  'uni-preset-vue': {
    ...COMMON,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Node10,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    jsx: ts.JsxEmit.Preserve,
    isolatedModules: true,
    esModuleInterop: true,
  },
  strict: {
    ...COMMON,
    skipLibCheck: false,
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.esnext.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    verbatimModuleSyntax: true,
    exactOptionalPropertyTypes: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noPropertyAccessFromIndexSignature: true,
    noUncheckedIndexedAccess: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    useUnknownInCatchVariables: true,
  },
  'without DOM.Iterable': {
    ...COMMON,
    target: ts.ScriptTarget.ES2018,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    lib: ['lib.es2018.d.ts', 'lib.dom.d.ts'],
  },
}

/**
 * What TypeScript says of a host that has a form of the package, and of the package's own types.
 * @param folder where the host is
 * @param name how it names the package
 * @param form where that lies
 */
export function complaintsOf(
  folder: string,
  name: string,
  form: string,
  settings: ts.CompilerOptions,
): string[] {
  const host = join(folder, `${name.replaceAll(/\W/g, '-')}.ts`)
  writeFileSync(host, HOST.replaceAll('HERALD', name))
  const types = join(form, 'index.d.ts')
  const options = { ...settings, paths: { vuex: [VUEX] } }
  const program = ts.createProgram([host, types], options, cachingHost(options))
  return [host, types]
    .flatMap((file) => {
      const source = program.getSourceFile(file)
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    })
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

const VUEX = join(import.meta.dirname, '..', '..', 'node_modules', 'vuex', 'types', 'index.d.ts')

const parsed = new Map<string, ts.SourceFile | undefined>()

/** Reads the libraries' files once for all settings of one target. */
function cachingHost(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options)
  const read = host.getSourceFile.bind(host)
  host.getSourceFile = (file, version, ...rest) => {
    if (!file.includes('node_modules')) return read(file, version, ...rest)
    const key = `${file} ${JSON.stringify(version)}`
    if (!parsed.has(key)) parsed.set(key, read(file, version, ...rest))
    return parsed.get(key)
  }
  return host
}
