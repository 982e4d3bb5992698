// The layers of the project and who may import whom, as an ESLint rule. An arrow never turns back.
import { builtinModules } from 'node:module'
import { posix, relative, resolve, sep } from 'node:path'
import { WORKSPACES } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')

/**
 * @typedef {object} Layer
 * @property {string} folder  or file; of those that hold a file the longest decides
 * @property {string[]} may  folders that it imports from; "!" takes one out
 * @property {string[]} [types]  folders that it imports only types from
 * @property {boolean} [node]  whether it may use Node's modules
 * @property {string[]} [packages]  the only packages that it may import; any, when absent
 * @property {string[]} [refuses]  packages that it must not import
 */

const CLIENT_FRAMEWORK = ['vue', 'vuex', '@dcloudio/uni-app']
const CLIENT_ENTRY = ['App.vue', 'pages', 'components', 'sdk', 'protocol', 'locale', 'static']

/** The words alone: the dictionary's own file brings Vue. */
const PUSH_WORDS = ['/locale/push/en.json', '/locale/push/zh-Hans.json']

const PUSH_FAKES = '/tools/push-fakes'

/** A lock on a folder is one of SQLite's, too. */
const WITH_DATABASE = ['stores', 'process/data-folder.ts']

/** @type {Layer[]} */
export const LAYERS = [
  { folder: 'protocol', may: ['protocol'], packages: ['valibot'] },
  { folder: 'locale', may: ['locale', 'protocol'] },
  { folder: 'store', may: ['store', 'services', 'protocol', 'locale'], refuses: ['vuex'] },
  // What a host imports. It requires neither Vuex nor Pinia.
  {
    folder: 'sdk',
    may: ['sdk', 'store', 'services', 'components', 'protocol', 'locale'],
    refuses: ['vuex', 'pinia'],
  },
  { folder: 'components', may: ['components', 'locale', 'static'], types: ['protocol'], refuses: ['vuex'] },
  {
    folder: 'pages',
    // Written as a host would: the sdk, and nothing behind it.
    may: ['pages', 'components', 'sdk', 'protocol', 'locale', 'static'],
  },
  { folder: 'App.vue', may: CLIENT_ENTRY },
  { folder: 'main.ts', may: CLIENT_ENTRY },

  // The rooms of the client's services, from what knows least to what knows all. A file in none of them knows no room, and
  // so does a room that is not named here.
  { folder: 'services', may: ['protocol'], refuses: ['vuex'] },
  service('storage'),
  service('socket'),
  service('connection', 'socket'),
  service('api'),
  service('presented', 'storage'),
  service('presentation', 'storage', 'presented', '/locale'),
  service('push', 'storage', 'api', 'presentation'),
  service('inbox', 'storage', 'api', 'presented'),
  service('sources', 'storage', 'socket', 'connection', 'inbox'),
  service('tabs', 'storage', 'connection', 'inbox', 'presentation', 'push'),
  {
    ...service('session'),
    // A source is handed in: whoever uses it does not know which it is.
    may: ['services', '!services/platform', '!services/sources/gateway-source', 'protocol'],
  },
  {
    ...service('platform'),
    may: ['services', 'protocol', 'locale'],
  },

  // The rooms of the gateway. What a room asks of the store it asks by contracts; only who opens a store knows which.
  room('contracts'),
  room('bus', 'contracts'),
  room('stores', 'contracts', 'process'),
  room('cluster', 'contracts', 'bus', 'presence', 'process', 'ws'),
  room('clock', 'contracts'),
  room('presence', 'contracts'),
  room('process', 'contracts', 'clock', 'providers/provider-settings'),
  // What is wrong with a setting: a provider says so of its own.
  room('process/config-error.ts'),
  room('process/data-folder.ts', 'process'),
  room('providers', 'process/config-error'),
  room('users', 'contracts', 'presence', 'process'),
  // A push says what the app's own notification would say: one wording for both.
  room('escalation', 'contracts', 'presence', 'process', 'providers', '/locale'),
  // What takes a message in, by whichever door; the test alert speaks as the app does.
  room('publish', 'contracts', ...PUSH_WORDS),
  // Chat servers, as one of their components.
  room('xmpp', 'contracts', 'process'),
  room('http', 'contracts', 'publish', 'presence', 'process', 'clock', 'providers', 'escalation', 'users'),
  room('ws', 'contracts', 'presence', 'process'),
  // RFC 6455, and pages of the log as they are.
  room('ws/wire', 'contracts/feed-log', 'process/request-ids'),
  // `herald explain` says what the app's page about deliveries says; `herald backup` copies the embedded store; `herald
  // fake` runs what the tests use.
  room('cli', 'process', 'providers', 'stores', 'package.json', PUSH_FAKES, '/locale/words', ...PUSH_WORDS),
  // The only file that wires, and so the only one that knows all.
  {
    ...room('main.ts'),
    may: ['gateway', 'protocol', '!gateway/cli'],
  },

  // The tools: workspaces that the product does not import, but for the command line tool.
  // Stand-ins for push services: they know what a vendor documents, and nothing of the gateway.
  {
    folder: 'tools/push-fakes',
    may: ['tools/push-fakes', 'protocol'],
    node: true,
    refuses: [...CLIENT_FRAMEWORK, 'libsql'],
  },
  // A tool for any app: it knows nothing of this one.
  { folder: 'tools/emulator', may: ['tools/emulator'], node: true, refuses: CLIENT_FRAMEWORK },
  { folder: 'tools/emulator/tests/fixture', may: ['tools/emulator/tests/fixture'] },
  // It measures the whole product, on the stage that the tests in browsers have, and attacks it as the hostile suite does.
  {
    folder: 'tools/bench',
    may: ['tools', 'gateway', 'services', 'protocol', 'e2e', 'scripts', 'tests/gateway/hostile'],
    node: true,
  },
  // Other people's way to build such a client, to be measured beside ours.
  { folder: 'tools/bench/usual-snippet', may: ['tools/bench/usual-snippet'] },
  { folder: 'tools/bench/usual-snippet-app', may: ['tools/bench/usual-snippet-app'] },
]

/**
 * A room of the services, and the rooms that it imports beside itself, the clock, the log and the protocol; what begins
 * with "/" is from the root.
 * @param {string} name @param {...string} may @returns {Layer}
 */
function service(name, ...may) {
  return {
    folder: `services/${name}`,
    may: [name, 'clock', 'log', ...may]
      .map((other) => (other.startsWith('/') ? other.slice(1) : `services/${other}`))
      .concat('protocol'),
    refuses: ['vuex'],
  }
}

/**
 * A room of the gateway, and what it imports beside itself and the protocol: rooms of the gateway, or what begins with
 * "/" from the root.
 * @param {string} name @param {...string} may @returns {Layer}
 */
function room(name, ...may) {
  return {
    folder: `gateway/${name}`,
    may: [
      `gateway/${name}`,
      'protocol',
      ...may.map((other) => (other.startsWith('/') ? other.slice(1) : `gateway/${other}`)),
    ],
    node: true,
    refuses: [...CLIENT_FRAMEWORK, ...(WITH_DATABASE.includes(name) ? [] : ['libsql'])],
  }
}

/** Folders that can be lifted out whole, into a package: they name their own files from where they stand. */
const LIFTED = ['services', 'store', 'sdk', 'components', 'locale', 'protocol']

/** @param {string} path @param {string} folder */
function isIn(path, folder) {
  return path === folder || path.startsWith(`${folder}/`)
}

/** @param {string} path @param {string[]} folders */
function isAllowed(path, folders) {
  const refused = folders.some((folder) => folder.startsWith('!') && isIn(path, folder.slice(1)))
  return !refused && folders.some((folder) => !folder.startsWith('!') && isIn(path, folder))
}

/** @param {string} path  of a file, from the root, with "/" */
function layerOf(path) {
  const holding = LAYERS.filter(({ folder }) => isIn(path, folder))
  return holding.sort((a, b) => b.folder.length - a.folder.length)[0]
}

/** What an import names: a path from the root, or a package. @param {string} source @param {string} file */
function targetOf(source, file) {
  if (source.startsWith('.')) return { path: posix.normalize(posix.join(posix.dirname(file), source)) }
  if (source.startsWith('@/')) return { path: source.slice(2) }
  const name = packageOf(source)
  const workspace = WORKSPACES.get(name)
  return workspace === undefined ? { name } : { path: `${workspace}${source.slice(name.length)}` }
}

/** The package that a bare import names. @param {string} source */
export function packageOf(source) {
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The name of the tool that a file is in, if it is in one. @param {string} file */
function toolOf(file) {
  return [...WORKSPACES].find(([, folder]) => folder.startsWith('tools/') && isIn(file, folder))?.[0]
}

/** Why the import is against the layers, or undefined. @param {string} file @param {string} source @param {boolean} typeOnly */
export function faultOf(file, source, typeOnly) {
  const { path, name } = targetOf(source, file)
  const tool = toolOf(path ?? '')
  if (source.startsWith('.') && tool !== undefined && tool !== toolOf(file))
    return `${tool} is imported by its name`
  const layer = layerOf(file)
  if (layer === undefined) return undefined
  const where = layer.folder
  if (source.startsWith('@/') && LIFTED.some((folder) => isIn(file, folder)))
    return `${where} names files from where it stands, and not by @/`
  if (path !== undefined) {
    if (isAllowed(path, layer.may)) return undefined
    if (!isAllowed(path, layer.types ?? [])) return `${where} must not import ${path}`
    return typeOnly ? undefined : `${where} may import only types from ${path}`
  }
  const isNode = name.startsWith('node:') || builtinModules.includes(name)
  if (isNode) return layer.node === true ? undefined : `${where} must not use Node's ${name}`
  const fits = layer.packages?.includes(name) ?? !(layer.refuses ?? []).includes(name)
  return fits ? undefined : `${where} must not import ${name}`
}

/**
 * An import or re-export as the TypeScript parser gives it.
 * @typedef {object} ImportLike
 * @property {{ value?: unknown } | null} [source]
 * @property {string} [importKind]
 * @property {string} [exportKind]
 * @property {{ importKind?: string, exportKind?: string }[]} [specifiers]
 */

/** @type {import('eslint').Rule.RuleModule} */
const rule = {
  meta: { type: 'problem', schema: [], docs: { description: 'keeps imports within the layers' } },
  create(context) {
    const file = relative(ROOT, context.filename).split(sep).join('/')
    /** @param {import('eslint').Rule.Node} node  an import or a re-export */
    const check = (node) => {
      const {
        source,
        importKind,
        exportKind,
        specifiers = [],
      } = /** @type {ImportLike} */ (/** @type {unknown} */ (node))
      if (typeof source?.value !== 'string') return
      const eachIsType =
        specifiers.length > 0 && specifiers.every((one) => (one.importKind ?? one.exportKind) === 'type')
      const message = faultOf(
        file,
        source.value,
        importKind === 'type' || exportKind === 'type' || eachIsType,
      )
      if (message !== undefined) context.report({ node, message })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
    }
  },
}

export default { rules: { layers: rule } }
