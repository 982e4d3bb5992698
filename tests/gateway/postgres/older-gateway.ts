import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '../../..')

/** The last commit whose gateway knows one step of the schema less than the one that came behind it. */
const COMMIT = '148576b483031ecf9c41c2f27ddf1f851c5e8bb4'

/** The schema that it writes. */
export const OLDER_SCHEMA = 3

/** Inside of the clone, for what it imports is found from there. */
const FOLDER = join(ROOT, 'dist', 'older-gateway', COMMIT)

/** Whether this clone has that commit: one that was cut short, or files without a history, has not. */
export function hasOlderGateway(): boolean {
  const words = ['cat-file', '-e', `${COMMIT}^{commit}`]
  return spawnSync('git', words, { cwd: ROOT, stdio: 'ignore' }).status === 0
}

/** Builds that gateway from its source, once; answers its program. */
export function buildOlderGateway(): string {
  const program = join(FOLDER, 'gateway', 'dist', 'main.js')
  if (existsSync(program)) return program
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const words = ['archive', COMMIT, 'gateway', 'protocol', 'locale', 'tsconfig.base.json', 'package.json']
  const source = execFileSync('git', words, { cwd: ROOT, maxBuffer: 2 ** 28 })
  execFileSync('tar', ['-x', '-C', FOLDER], { input: source })
  // What it imports is found where this clone has it.
  writeFileSync(join(FOLDER, 'package.json'), '{"type":"module"}')
  const own = join(ROOT, 'gateway', 'node_modules')
  if (existsSync(own)) symlinkSync(own, join(FOLDER, 'gateway', 'node_modules'))
  execFileSync(process.execPath, ['build.mjs'], { cwd: join(FOLDER, 'gateway'), stdio: 'pipe' })
  return program
}
