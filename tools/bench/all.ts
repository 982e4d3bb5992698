// Runs every part, one after the other, and makes one table and one picture of what is kept of them in dist/bench.
// Usage: npm run bench [-- --only append,idle] [-- --report-only]
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { cwd, execPath } from 'node:process'
import { parseArgs } from 'node:util'
import { drawPicture } from './picture'
import { isMet, KEPT_FOLDER } from './report'
import { keptParts, toMarkdown } from './summary'

/** The name under which a part is kept, and how it is run. */
const PARTS: readonly (readonly [kept: string, ...command: string[]])[] = [
  ['fanout-1000', 'fanout', '--sockets', '1000'],
  [
    'fanout-10000',
    'fanout',
    '--sockets',
    '10000',
    '--scenes',
    'burst,paced,private',
    '--only',
    'herald,nchan,ws loop',
  ],
  ['append', 'append'],
  ['attacks', 'attacks'],
  ['idle', 'idle'],
  ['joins', 'joins'],
  ['catch-up', 'catch-up'],
  ['cluster-append', 'cluster', '--parts', 'append'],
  ['cluster-hop', 'cluster', '--parts', 'hop'],
  ['cluster-return', 'cluster', '--parts', 'return'],
  // In parts, so that one that is thrown away does not take the others with it.
  ['client-burst-snippet', 'client', '--parts=burst,snippet'],
  ['client-scroll', 'client', '--parts=scroll'],
  ['client-banner-start', 'client', '--parts=banner,start'],
  ['first-load', 'first-load'],
  ['app', 'app'],
  ['apns', 'apns'],
]

const { values: given } = parseArgs({
  options: { only: { type: 'string' }, 'report-only': { type: 'boolean', default: false } },
})
const only = given.only?.split(',')
const unknown = only?.find((name) => !PARTS.some(([kept]) => kept === name))
if (unknown !== undefined)
  throw new Error(`no part is called ${unknown}; there are ${PARTS.map(([kept]) => kept).join(', ')}`)

for (const [kept, ...command] of PARTS) {
  if (given['report-only'] || only?.includes(kept) === false) continue
  console.log(`\n== ${kept}`)
  // A part that misses a target exits with 1 too, and has then kept its figures.
  const { error } = spawnSync(execPath, [join(cwd(), 'tools', 'bench', 'run.mjs'), ...command], {
    stdio: 'inherit',
  })
  if (error !== undefined) throw error
}

const { parts, missing } = await keptParts(PARTS.map(([kept]) => kept))
const table = join(KEPT_FOLDER, 'report.md')
const picture = join(KEPT_FOLDER, 'report.png')
await writeFile(table, toMarkdown(parts))
await drawPicture(parts, picture)
console.log(`\n${relative(cwd(), table)} and ${relative(cwd(), picture)} have ${String(parts.length)} parts`)
if (missing.length > 0) console.log(`not measured: ${missing.join(', ')}`)
if (missing.length > 0 || parts.some(({ rows }) => rows.some((row) => isMet(row) === false)))
  process.exitCode = 1
