import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FIXTURE = fileURLToPath(new URL('./fixture', import.meta.url))

/** The fixture's bundles, built by uni-app's own command. */
export const BUNDLE = join(FIXTURE, 'dist/build/app')
export const MINI_BUNDLE = join(FIXTURE, 'dist/build/mp-weixin')

/** Builds the fixture before the first test, unless nothing in it has changed since. */
export default function setup(): void {
  const stamp = join(FIXTURE, 'dist/stamp')
  const hash = hashOf(FIXTURE)
  const isBuilt = existsSync(join(BUNDLE, 'app-service.js')) && existsSync(join(MINI_BUNDLE, 'app.json'))
  if (isBuilt && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  build('app', BUNDLE)
  build('mp-weixin', MINI_BUNDLE)
  writeFileSync(stamp, hash)
}

function build(platform: string, output: string): void {
  const compiler = createRequire(import.meta.url).resolve('@dcloudio/vite-plugin-uni/bin/uni.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, 'build', '-p', platform], {
    cwd: FIXTURE,
    // The output folder is named too, as a test run of vitest is no production to the compiler.
    env: {
      ...process.env,
      UNI_INPUT_DIR: FIXTURE,
      UNI_OUTPUT_DIR: output,
      NODE_ENV: 'production',
      CI: 'true',
    },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the fixture was not built for ${platform}:\n${stdout}\n${stderr}`)
}

function hashOf(folder: string): string {
  const hash = createHash('sha256')
  const add = (path: string) => {
    for (const name of readdirSync(path).sort()) {
      if (name === 'dist' || name === 'node_modules') continue
      const file = join(path, name)
      if (statSync(file).isDirectory()) add(file)
      else hash.update(file).update(readFileSync(file))
    }
  }
  add(folder)
  return hash.digest('hex')
}
