// Builds an app of `examples/` as its maker would: a copy outside of Herald's sources, with the packed client in it, by uni's
// own compiler.   node scripts/build-host.mjs shop-vuex h5 mp-weixin
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { filesIn, hashOf, packSdk } from './pack-sdk.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const HOSTS = join(ROOT, 'dist', 'hosts')
const COMPILER = createRequire(import.meta.url).resolve('@dcloudio/vite-plugin-uni/bin/uni.js')
const OF_TEST_RUNNER = /^(?:VITEST.*|TEST|MODE|DEV|PROD|SSR|BASE_URL)$/

/** Stand in a build for the addresses of the gateway and of the host's own backend, until `placeHost` knows them. */
const GATEWAY = 'http://gateway.invalid'
const BACKEND = 'http://backend.invalid'

/** The folder of a host's build. @param {string} name @param {string} platform */
export const hostBuild = (name, platform) => join(HOSTS, name, 'dist', 'build', platform)

/** Builds a host for a platform, unless neither it nor the client has changed. @param {string} name @param {readonly string[]} platforms */
export async function buildHost(name, platforms) {
  const { plugin } = await packSdk()
  const source = join(ROOT, 'examples', name)
  const stamp = hashOf(source) + hashOf(plugin)
  const folder = join(HOSTS, name)
  const stale = platforms.filter((platform) => readStamp(name, platform) !== stamp)
  if (stale.length === 0) return
  for (const part of ['src', 'index.html', 'package.json', 'vite.config.js']) {
    rmSync(join(folder, part), { recursive: true, force: true })
    cpSync(join(source, part), join(folder, part), { recursive: true })
  }
  cpSync(plugin, join(folder, 'src', 'uni_modules', 'herald-inbox'), { recursive: true })
  for (const platform of stale) {
    rmSync(stampOf(name, platform), { force: true })
    compile(folder, platform, hostBuild(name, platform))
    mkdirSync(join(HOSTS, 'stamps'), { recursive: true })
    writeFileSync(stampOf(name, platform), stamp)
  }
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

/** @param {string} folder @param {string} platform @param {string} output */
function compile(folder, platform, output) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMPILER, 'build', '-p', platform], {
    cwd: folder,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([key]) => !OF_TEST_RUNNER.test(key))),
      UNI_INPUT_DIR: join(folder, 'src'),
      UNI_OUTPUT_DIR: output,
      NODE_ENV: 'production',
      CI: 'true',
      VITE_GATEWAY: GATEWAY,
      VITE_SHOP: BACKEND,
    },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${folder} was not built for ${platform}:\n${stdout}\n${stderr}`)
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [name = 'shop-vuex', ...platforms] = process.argv.slice(2)
  await buildHost(name, platforms)
}
