// Runs npm without a shell, whose words would have to be quoted: a folder may have blanks in its name.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const CLI = join('node_modules', 'npm', 'bin', 'npm-cli.js')

/**
 * How npm is run: its program by our own Node where that is found, since on Windows `npm` is a batch file, which only a shell
 * runs. `npm run` says where its program is; it lies beside Node on Windows, and under `lib` elsewhere.
 * @param {{ node?: string, npm?: string | undefined, exists?: (path: string) => boolean }} [surroundings]
 * @returns {{ file: string, before: string[] }}
 */
export function npmCommand({
  node = process.execPath,
  npm = process.env.npm_execpath,
  exists = existsSync,
} = {}) {
  const places = [
    ...(npm !== undefined && basename(npm) === 'npm-cli.js' ? [npm] : []),
    join(dirname(node), CLI),
    join(dirname(node), '..', 'lib', CLI),
  ]
  const found = places.find((place) => exists(place))
  if (found !== undefined) return { file: node, before: [found] }
  if (process.platform === 'win32') throw new Error('npm was not found beside Node; start this by `npm run`')
  return { file: 'npm', before: [] }
}

/**
 * Runs npm and answers what it wrote.
 * @param {readonly string[]} words
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export function runNpm(words, options = {}) {
  const { file, before } = npmCommand()
  return execFileSync(file, [...before, ...words], { ...options, encoding: 'utf8' })
}
