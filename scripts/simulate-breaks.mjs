// Bundles the simulator with one break at a time in what it bundles, and demands that it finds each.
// Usage: npm run simulate:breaks [-- words of the breaks to try]
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { simulationBreaks } from '../tests/breaks/simulation.mjs'
import { applyBreak } from './breaks.mjs'
import { buildSimulation } from './simulate.mjs'

const ROOT = resolve(import.meta.dirname, '..')

/** Within so many schedules a break must be found. */
const SCHEDULES = 2000

/** As the simulator's own exit code says: 1 is for failures, which are wanted here. */
const FOUND = 1

/** @typedef {(typeof simulationBreaks)[number]} SimulationBreak */

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`)

/**
 * Puts a break into what esbuild reads. Throws when a part of it does not fit.
 * @param {SimulationBreak} broken
 * @returns {import('esbuild').Plugin}
 */
function breakPlugin({ name, edits }) {
  /** @type {Map<string, string>} */
  const broken = new Map()
  for (const edit of edits) {
    const source = broken.get(edit.file) ?? readFileSync(join(ROOT, edit.file), 'utf8')
    broken.set(edit.file, applyBreak({ name, ...edit, test: '', dies: '' }, source))
  }
  return {
    name: 'break',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = broken.get(relative(ROOT, path))
        return contents === undefined ? null : { contents, loader: 'ts' }
      })
    },
  }
}

/**
 * What became of one break.
 * @param {string} outdir
 * @param {SimulationBreak} broken
 */
async function tryBreak(outdir, broken) {
  const program = await buildSimulation({ outdir, plugins: [breakPlugin(broken)] })
  const args = [program, '--schedules', String(SCHEDULES), '--until-failure', '--quiet']
  // A break can make thousands of failures, each of which is told: more than a child may say by default.
  const { status, stdout } = spawnSync(process.execPath, args, {
    ...{ cwd: ROOT, encoding: 'utf8', maxBuffer: Infinity },
  })
  const failures = [...stdout.matchAll(/^FAILURE ([^:]+):/gm)].map(([, kind = '']) => kind)
  const schedules = /^(\d+) schedules in/m.exec(stdout)?.[1] ?? '?'
  const isFound = status === FOUND && failures.length > 0 && !failures.includes('the world broke')
  const kinds = [...new Set(failures)].join(', ')
  say(`${isFound ? 'found' : 'NOT FOUND'} within ${schedules} schedules  ${broken.name}  (${kinds})`)
  return isFound
}

const wanted = process.argv.slice(2).join(' ').toLowerCase()
const chosen = simulationBreaks.filter(({ name }) => name.toLowerCase().includes(wanted))
mkdirSync(join(ROOT, 'dist'), { recursive: true })
// Within the checkout: what is bundled finds its dependencies there.
const copy = mkdtempSync(join(ROOT, 'dist', 'simulation-breaks-'))
let found = 0
try {
  for (const broken of chosen) if (await tryBreak(copy, broken)) found += 1
} finally {
  rmSync(copy, { recursive: true, force: true })
}
say(`${found} of ${chosen.length} breaks were found`)
process.exitCode = chosen.length > 0 && found === chosen.length ? 0 : 1
