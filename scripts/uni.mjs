// Runs uni-app's compiler:
//   node scripts/uni.mjs build [--if-stale] h5 app app-harmony mp-weixin   into dist/build/<platform>
//   node scripts/uni.mjs dev h5|mp-weixin
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { compressTexts } from './compress.mjs'
import { withoutNotes } from './compiler-output.mjs'
import { isStale, stamped } from './stale.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const PLATFORMS = ['h5', 'app', 'app-harmony', 'mp-weixin']
/** What a test runner sets, by which Vite and its plugins make a development build of what is to be tested. */
const OF_TEST_RUNNER = /^(?:VITEST.*|TEST|MODE|DEV|PROD|SSR|BASE_URL)$/
const COMPILER = createRequire(import.meta.url).resolve('@dcloudio/vite-plugin-uni/bin/uni.js')

/** @param {string[]} args @returns {Promise<void>} */
function runCompiler(args) {
  const env = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OF_TEST_RUNNER.test(name))),
    // Must be absolute: with "." the H5 build fails ("globs must start with '/'").
    UNI_INPUT_DIR: ROOT,
    // Keeps the compiler from asking its maker's server for updates on every run.
    CI: 'true',
    NODE_ENV: args[0] === 'build' ? 'production' : 'development',
  }
  // A developer sees all of it, by the compiler's own colours.
  /** @type {import('node:child_process').StdioOptions} */
  const stdio = ['inherit', args[0] === 'build' ? 'pipe' : 'inherit', 'inherit']
  const child = spawn(process.execPath, [COMPILER, ...args], { cwd: ROOT, env, stdio })
  child.stdout?.pipe(withoutNotes()).pipe(process.stdout)
  // Ctrl-C reaches both by the terminal, a supervisor's SIGTERM only this process.
  const passOn = () => child.kill('SIGTERM')
  process.once('SIGTERM', passOn)
  return new Promise((done, fail) => {
    child.on('error', fail)
    // Not at `exit`: what it said last is still on its way then.
    child.on('close', (code, signal) => {
      process.off('SIGTERM', passOn)
      if (code === 0) done()
      else fail(new Error(`uni ${args.join(' ')} ended with ${String(code ?? signal)}`))
    })
  })
}

/** Builds one platform; with `ifStale` only when its sources changed. @param {string} platform @param {{ ifStale?: boolean }} [options] */
export async function buildClient(platform, { ifStale = false } = {}) {
  if (ifStale && !isStale(platform)) {
    console.log(`${platform}: up to date`)
    return
  }
  const began = Date.now()
  console.log(`${platform}: building…`)
  await stamped(platform, async () => {
    await runCompiler(['build', '-p', platform])
    if (platform === 'h5') compressTexts(join(ROOT, 'dist', 'build', 'h5'))
  })
  console.log(`${platform}: built in ${String(Math.round((Date.now() - began) / 1000))} s`)
}

/** @param {string[]} args */
async function main([command, ...rest]) {
  const platforms = rest.filter((word) => !word.startsWith('--'))
  const unknown = platforms.filter((platform) => !PLATFORMS.includes(platform))
  if (platforms.length === 0 || unknown.length > 0 || (command !== 'build' && command !== 'dev')) {
    throw new Error(`usage: node scripts/uni.mjs build|dev ${PLATFORMS.join('|')}`)
  }
  for (const platform of platforms) {
    if (command === 'dev') await runCompiler(['dev', '-p', platform])
    else await buildClient(platform, { ifStale: rest.includes('--if-stale') })
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2)).catch((/** @type {unknown} */ error) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
