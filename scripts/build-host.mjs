// Builds an app of `examples/` as its maker would: a copy outside of Herald's sources, with the packed client in it, by uni's
// own compiler.   node scripts/build-host.mjs shop-vuex h5 mp-weixin
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { filesIn, hashOf, packSdk } from './pack-sdk.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const HOSTS = join(ROOT, 'dist', 'hosts')
const COMPILER = createRequire(import.meta.url).resolve('@dcloudio/vite-plugin-uni/bin/uni.js')
const OF_TEST_RUNNER = /^(?:VITEST.*|TEST|MODE|DEV|PROD|SSR|BASE_URL)$/

/** Both forms of the client. @typedef {Awaited<ReturnType<typeof packSdk>>} Packed */

/** Stand in a build for the addresses of the gateway and of the host's own backend, until `placeHost` knows them. */
const GATEWAY = 'http://gateway.invalid'
const BACKEND = 'http://backend.invalid'

/** Vite's settings of a project that has none: HBuilderX runs uni in a folder of its own, which has them. */
const SETTINGS = `import uni from '@dcloudio/vite-plugin-uni'

export default { plugins: [(uni.default ?? uni)()] }
`

/** The folder of a host's build. @param {string} name @param {string} platform */
export const hostBuild = (name, platform) => join(HOSTS, name, 'dist', 'build', platform)

/**
 * Builds hosts for platforms, each unless neither it nor the client has changed.
 * @param {readonly string[]} names @param {readonly string[]} platforms
 */
export async function buildHosts(names, platforms) {
  const packed = await packSdk()
  // A compiler has one core: hosts do not wait for each other.
  await Promise.all(names.map((name) => buildHost(name, platforms, packed)))
}

/** @param {string} name @param {readonly string[]} platforms @param {Packed} packed */
async function buildHost(name, platforms, packed) {
  const source = join(ROOT, 'examples', name)
  const stamp = hashOf(source) + hashOf(packed.plugin) + hashOf(packed.npm)
  const folder = join(HOSTS, name)
  const stale = platforms.filter((platform) => readStamp(name, platform) !== stamp)
  if (stale.length === 0) return
  for (const part of readdirSync(source)) {
    rmSync(join(folder, part), { recursive: true, force: true })
    cpSync(join(source, part), join(folder, part), { recursive: true })
  }
  const input = existsSync(join(source, 'src')) ? join(folder, 'src') : folder
  putClient(folder, input, packed, formOf(folder))
  for (const platform of stale) {
    rmSync(stampOf(name, platform), { force: true })
    await compile({ folder, input }, platform, hostBuild(name, platform))
    mkdirSync(join(HOSTS, 'stamps'), { recursive: true })
    writeFileSync(stampOf(name, platform), stamp)
  }
}

/** In which form a host has the client: a package that it names, else the plugin. @param {string} folder */
function formOf(folder) {
  const settings = join(folder, 'package.json')
  const isNamed = existsSync(settings) && readFileSync(settings, 'utf8').includes('"@herald/uni"')
  return isNamed ? 'npm' : 'plugin'
}

/** Puts the client where its maker would. @param {string} folder @param {string} input @param {Packed} packed @param {'npm' | 'plugin'} form */
export function putClient(folder, input, { plugin, npm }, form) {
  if (form === 'npm') installPackage(npm, join(folder, 'node_modules', '@herald', 'uni'))
  else {
    rmSync(join(input, 'uni_modules'), { recursive: true, force: true })
    cpSync(plugin, join(input, 'uni_modules', 'herald-inbox'), { recursive: true })
  }
}

/** As `npm i` would: what lies in the tarball. @param {string} source @param {string} to */
function installPackage(source, to) {
  rmSync(to, { recursive: true, force: true })
  mkdirSync(to, { recursive: true })
  const tarball = execFileSync('npm', ['pack', '--silent', '--pack-destination', to], {
    cwd: source,
    encoding: 'utf8',
  })
  execFileSync('tar', ['-xzf', tarball.trim(), '--strip-components=1'], { cwd: to })
  rmSync(join(to, tarball.trim()))
}

/**
 * Copies a host's build to a folder, with the addresses of one run of it.
 * @param {string} build @param {string} folder @param {{ gateway: string, backend: string }} addresses
 */
export function placeHost(build, folder, { gateway, backend }) {
  cpSync(build, folder, { recursive: true })
  for (const file of filesIn(folder).filter((name) => name.endsWith('.js'))) {
    const path = join(folder, file)
    const text = readFileSync(path, 'utf8')
    const placed = text.replaceAll(GATEWAY, gateway).replaceAll(BACKEND, backend)
    if (placed !== text) writeFileSync(path, placed)
  }
}

/** @param {string} name @param {string} platform */
const stampOf = (name, platform) => join(HOSTS, 'stamps', `${name}-${platform}`)

/** @param {string} name @param {string} platform */
function readStamp(name, platform) {
  const path = stampOf(name, platform)
  return existsSync(path) && existsSync(hostBuild(name, platform)) ? readFileSync(path, 'utf8') : null
}

/**
 * Where uni runs, and what tells it where the project is. HBuilderX runs it in a folder of its own, which has the packages and
 * the settings that its projects lack.
 * @param {string} folder @param {string} input
 */
function compilerPlace(folder, input) {
  if (input !== folder) return { cwd: folder, settings: [], root: folder }
  const cwd = join(HOSTS, 'hbuilderx')
  mkdirSync(cwd, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(cwd, 'package.json'))
  writeFileSync(join(cwd, 'vite.config.js'), SETTINGS)
  return { cwd, settings: ['--config', join(cwd, 'vite.config.js')], root: input }
}

/** Builds a host for a platform. @param {{ folder: string, input: string }} host @param {string} platform @param {string} output */
export async function compile({ folder, input }, platform, output) {
  const { cwd, settings, root } = compilerPlace(folder, input)
  const compiler = spawn(process.execPath, [COMPILER, 'build', '-p', platform, ...settings], {
    cwd,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !OF_TEST_RUNNER.test(key))),
      VITE_ROOT_DIR: root,
      UNI_INPUT_DIR: input,
      UNI_OUTPUT_DIR: output,
      NODE_ENV: 'production',
      CI: 'true',
      VITE_GATEWAY: GATEWAY,
      VITE_SHOP: BACKEND,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  /** @type {Promise<number | null>} */
  const ended = new Promise((done) => compiler.once('close', done))
  const [status, said, complained] = await Promise.all([ended, text(compiler.stdout), text(compiler.stderr)])
  if (status !== 0) throw new Error(`${folder} was not built for ${platform}:\n${said}\n${complained}`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = 'shop-vuex', ...platforms] = process.argv.slice(2)
  await buildHosts([name], platforms)
}
