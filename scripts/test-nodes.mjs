// `npm run test:nodes`: the unit and gateway tests on every Node that Herald is said to run on, besides the one that runs this.
// The binaries are npm packages, pinned in `tests/nodes`; `npm ci` does not bring them, and no script of theirs runs.
//   npm run test:nodes -- 24 tests/gateway/config.test.ts     on one of them, one file
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { runNpm } from './npm.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const MANIFESTS = join(ROOT, 'tests', 'nodes')
const INSTALLED = join(ROOT, 'dist', 'nodes')
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
const PROJECTS = ['--project', 'unit', '--project', 'gateway']
/** Random schedules take minutes and find what no Node changes: one Node is enough for them. */
const LEFT_OUT = ['--exclude', 'tests/gateway/simulation/**']

/** The major versions that the tests run on. @returns {number[]} */
export function testedMajors() {
  /** @type {unknown} */
  const manifest = JSON.parse(readFileSync(join(MANIFESTS, 'package.json'), 'utf8'))
  const { optionalDependencies } = /** @type {{ optionalDependencies: Record<string, string> }} */ (manifest)
  const majors = Object.keys(optionalDependencies).map((name) => Number(name.split('-')[1]))
  return [...new Set(majors)].sort((a, b) => a - b)
}

/** The program of one Node, or of none where npm has no package of it for this system. @param {number} major */
function findNode(major) {
  const name = `node-${major}-${process.platform}-${process.arch}`
  const path = join(INSTALLED, 'node_modules', name, 'bin', 'node')
  return existsSync(path) ? path : undefined
}

/** Brings `dist/nodes` to what the lock file says. */
function installNodes() {
  const files = ['package.json', 'package-lock.json']
  const isNew = files.every((file) => sameText(join(MANIFESTS, file), join(INSTALLED, file)))
  if (isNew && existsSync(join(INSTALLED, 'node_modules'))) return
  console.log('test:nodes: installing the Nodes to test on')
  rmSync(INSTALLED, { recursive: true, force: true })
  mkdirSync(INSTALLED, { recursive: true })
  for (const file of files) copyFileSync(join(MANIFESTS, file), join(INSTALLED, file))
  runNpm(['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: INSTALLED })
}

/** @param {string} a @param {string} b */
function sameText(a, b) {
  return existsSync(a) && existsSync(b) && readFileSync(a, 'utf8') === readFileSync(b, 'utf8')
}

/** Runs the tests on this Node; answers whether they passed. @param {string} node @param {string[]} words */
function testOn(node, words) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()
  console.log(`\n== unit and gateway tests on Node ${version}`)
  // A program that a test starts by its name is of this Node too.
  const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
  const { status } = spawnSync(
    node,
    [VITEST, 'run', ...PROJECTS, ...LEFT_OUT, '--reporter=default', ...words],
    {
      cwd: ROOT,
      stdio: 'inherit',
      env,
    },
  )
  return status === 0
}

/** @param {string[]} words */
function main(words) {
  const own = Number(process.versions.node.split('.')[0])
  const [first] = words
  const only = first !== undefined && /^\d+$/.test(first) ? Number(first) : undefined
  const majors = testedMajors().filter((major) => (only === undefined ? major !== own : major === only))
  if (majors.length === 0) throw new Error(`${String(only)} is none of ${testedMajors().join(', ')}`)
  installNodes()
  const rest = only === undefined ? words : words.slice(1)
  const failed = majors.filter((major) => {
    const node = findNode(major)
    if (node !== undefined) return !testOn(node, rest)
    console.error(
      `test:nodes: npm has no Node ${major} for ${process.platform}-${process.arch}: install it, and run npm run test:unit`,
    )
    return true
  })
  if (failed.length > 0) throw new Error(`failed on Node ${failed.join(' and ')}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    main(process.argv.slice(2))
  } catch (error) {
    console.error(`test:nodes: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
