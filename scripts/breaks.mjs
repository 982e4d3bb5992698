// Breaks the code in a copy, one break at a time, and demands that the named test fails each time.
// Usage: npm run breaks [-- words of the breaks to try]
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clientBreaks } from '../tests/breaks/client.mjs'
import { gatewayBreaks } from '../tests/breaks/gateway.mjs'
import { WORKSPACES } from './workspaces.mjs'

/**
 * @typedef {object} Break
 * @property {string} name What is broken, as a sentence.
 * @property {string} file
 * @property {string} text What stands there, once in the file.
 * @property {string} becomes What it becomes.
 * @property {string} test The test file that must fail.
 * @property {string} dies The name of the test in it that fails.
 */

/** @typedef {{ title: string, status: string }} TestResult */

const ROOT = resolve(import.meta.dirname, '..')

/** A break can make a test wait for what never comes; one that never ends is no answer. */
const RUN_LIMIT_MS = 300_000

/** One store is enough: tests that several stores run would each need all of them, and a server of PostgreSQL. */
const PROJECTS = ['--project', 'unit', '--project', 'gateway']

/** @type {readonly Break[]} */
export const breaks = [...clientBreaks, ...gatewayBreaks]

/**
 * The file's text with the break in it. Throws when the break does not fit there any more.
 * @param {Break} broken
 * @param {string} source
 */
export function applyBreak({ name, file, text, becomes }, source) {
  const places = source.split(text).length - 1
  if (places !== 1) throw new Error(`${name}: its text stands ${places} times in ${file}`)
  return source.replace(text, () => becomes)
}

/** A copy of the sources as they are now, with the dependencies of this checkout. */
function copySources() {
  const copy = mkdtempSync(join(tmpdir(), 'herald-breaks-'))
  const { stdout } = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  for (const file of stdout.split('\0').filter((name) => name !== '' && existsSync(join(ROOT, name))))
    cpSync(join(ROOT, file), join(copy, file))
  const modules = join(copy, 'node_modules')
  mkdirSync(join(modules, '@herald'), { recursive: true })
  for (const name of readdirSync(join(ROOT, 'node_modules')))
    if (name !== '@herald' && name !== '.vite' && !WORKSPACES.has(name))
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name))
  // The workspaces are the copy's own.
  for (const [name, folder] of WORKSPACES) symlinkSync(join(copy, folder), join(modules, name))
  return copy
}

/**
 * Runs tests in the copy; null when they did not come to an end, or could not even be read.
 * @param {string} copy
 * @param {readonly string[]} files
 * @param {string} [name] of the one test that is run
 * @returns {readonly TestResult[] | null}
 */
function runTests(copy, files, name) {
  // Where vitest.config.mts has it.
  const output = join(copy, 'dist', 'test-results.json')
  rmSync(output, { force: true })
  const only = name === undefined ? [] : ['-t', name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')]
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  spawnSync(process.execPath, [vitest, 'run', ...PROJECTS, ...files, ...only], {
    cwd: copy,
    timeout: RUN_LIMIT_MS,
    killSignal: 'SIGKILL',
    stdio: 'ignore',
  })
  if (!existsSync(output)) return null
  /** @type {unknown} */
  const told = JSON.parse(readFileSync(output, 'utf8'))
  const { testResults } = /** @type {{ testResults: { assertionResults: TestResult[] }[] }} */ (told)
  if (testResults.some(({ assertionResults }) => assertionResults.length === 0)) return null
  return testResults.flatMap(({ assertionResults }) => assertionResults)
}

/**
 * @param {readonly TestResult[] | null} results
 * @param {string} title
 */
const statusOf = (results, title) => results?.find((result) => result.title === title)?.status ?? 'none'

/**
 * What became of one break: `noticed` is what is wanted.
 * @param {string} copy
 * @param {Break} broken
 */
function tryBreak(copy, broken) {
  const path = join(copy, broken.file)
  const source = readFileSync(path, 'utf8')
  try {
    writeFileSync(path, applyBreak(broken, source))
    const status = statusOf(runTests(copy, [broken.test], broken.dies), broken.dies)
    return status === 'failed' ? 'noticed' : status === 'passed' ? 'SURVIVED' : 'DID NOT RUN'
  } catch (error) {
    return `DOES NOT FIT: ${String(error)}`
  } finally {
    writeFileSync(path, source)
  }
}

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`)

/** @param {readonly Break[]} chosen */
function main(chosen) {
  const copy = copySources()
  let faults = 0
  try {
    const whole = runTests(copy, [...new Set(chosen.map(({ test }) => test))])
    for (const { name, test, dies } of chosen) {
      if (statusOf(whole, dies) === 'passed') continue
      say(`without a break, "${dies}" of ${dirname(test)} does not pass (for: ${name})`)
      faults += 1
    }
    for (const broken of chosen) {
      const started = Date.now()
      const fate = tryBreak(copy, broken)
      if (fate !== 'noticed') faults += 1
      say(`${fate.padEnd(9)} ${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s  ${broken.name}`)
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
  say(
    faults === 0 ? `all ${chosen.length} breaks were noticed` : `${faults} of ${chosen.length} are at fault`,
  )
  process.exitCode = faults === 0 && chosen.length > 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2).join(' ').toLowerCase()
  main(breaks.filter(({ name, file }) => `${name} ${file}`.toLowerCase().includes(wanted)))
}
