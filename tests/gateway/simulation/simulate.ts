/**
 * npm run simulate -- [--schedules N] [--workers W] [--first SEED] [--state FILE] [--seed SEED --user USER] [--shrink SEED]
 *   [--case SEED] [--gateways N]
 *
 * Runs any number of schedules in worlds whose seeds count up from the first (a new one, when none is given), says each
 * failure with how to see it again, goes on, and ends with the tally. With a state file a run that was stopped (Ctrl-C
 * or a kill) goes on where it was. `--seed` runs one world alone, and tells the story of its `--user`. `--shrink` cuts a
 * world that fails down to what it fails by, and adds it to the cases that always run; `--case` runs such a one alone.
 * `--gateways` has so many gateways share the store of each world.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { newFirstSeed, SCHEDULES_PER_WORLD } from './run-world'
import { shrink, toOrder, type ShrunkCase } from './shrink'
import type { Answer, Order } from './simulate-worker'
import { Tally, type WorldReport } from './tally'
import { WorkerPool } from './worker-pool'

const WORKER = fileURLToPath(new URL('./simulate-worker.mjs', import.meta.url))

/** The cases that always run; npm starts its scripts in the checkout. */
const CASES = 'tests/gateway/simulation/shrunk-cases.json'

/** What a run that was stopped has to know to go on. */
interface State {
  readonly first: number
  readonly schedules: number
  readonly reports: WorldReport[]
  /** Of all its parts together. */
  ms: number
}

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '2000' },
    workers: { type: 'string', default: String(availableParallelism()) },
    first: { type: 'string' },
    state: { type: 'string' },
    seed: { type: 'string' },
    user: { type: 'string' },
    shrink: { type: 'string' },
    case: { type: 'string' },
    people: { type: 'string' },
    browsers: { type: 'string' },
    guests: { type: 'string' },
    upsets: { type: 'string' },
    gateways: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
  },
})

const say = (text: string): void => void process.stdout.write(`${text}\n`)

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  process.stderr.write(`--${name} is a whole number above 0, not ${text}\n`)
  process.exit(2)
}

/** The shares of people with a browser, and with the app as a part of another one, and of worlds with upsets, when they are told. */
const shares = (): Pick<Order, 'browsers' | 'guests' | 'upsets' | 'gateways'> => ({
  ...(values.browsers !== undefined && { browsers: Number(values.browsers) }),
  ...(values.guests !== undefined && { guests: Number(values.guests) }),
  ...(values.upsets !== undefined && { upsets: Number(values.upsets) }),
  ...(values.gateways !== undefined && { gateways: wholeNumber('gateways', values.gateways) }),
})

function openState(): State {
  const schedules = wholeNumber('schedules', values.schedules)
  const first = values.first === undefined ? undefined : wholeNumber('first', values.first)
  if (values.state !== undefined) {
    try {
      const kept = JSON.parse(readFileSync(values.state, 'utf8')) as State
      return { ...kept, first: first ?? kept.first, schedules }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return { first: first ?? newFirstSeed(), schedules, reports: [], ms: 0 }
}

function keep(state: State): void {
  if (values.state === undefined) return
  writeFileSync(`${values.state}.new`, JSON.stringify(state))
  renameSync(`${values.state}.new`, values.state)
}

function tell({ seed, failures }: WorldReport): void {
  for (const { invariant, user, detail } of failures)
    say(`FAILURE ${invariant}: ${detail} (--seed ${seed} --user ${user} shows it again)`)
}

function end(state: State): void {
  const tally = new Tally()
  for (const report of state.reports) tally.add(report)
  say(`first seed ${state.first}, ${(state.ms / 60_000).toFixed(1)} minutes`)
  say(tally.toString())
  process.exitCode = tally.failures.length > 0 ? 1 : 0
}

async function runOne(pool: WorkerPool, seed: string): Promise<void> {
  await show(pool, { seed, people: people(), ...shares() })
}

const people = (): number => wholeNumber('people', values.people ?? String(SCHEDULES_PER_WORLD))

async function ask(pool: WorkerPool, order: Order): Promise<Answer> {
  const answers: Answer[] = []
  await pool.runAll([order], 1, (answer) => answers.push(answer))
  const [answer] = answers
  if (!answer) throw new Error('no answer')
  return answer
}

/** Runs one world, and tells the story of the user that was asked for. */
async function show(pool: WorkerPool, order: Order): Promise<void> {
  const answer = await ask(pool, { ...order, ...(values.user !== undefined && { only: values.user }) })
  say(answer.story)
  const tally = new Tally()
  tally.add(answer)
  say(tally.toString())
  tell(answer)
  process.exitCode = answer.failures.length > 0 ? 1 : 0
}

const readCases = (): ShrunkCase[] => JSON.parse(readFileSync(CASES, 'utf8')) as ShrunkCase[]

/** Cuts a world down by its first failure, or the first of the user who was named. */
async function shrinkOne(pool: WorkerPool, seed: string): Promise<void> {
  if (values.gateways !== undefined) {
    process.stderr.write('a world of several gateways cannot be cut down: run it with fewer --people\n')
    process.exit(2)
  }
  const whole = { seed, people: people(), ...shares() }
  const { failures, outages } = await ask(pool, whole)
  const failure = failures.find(({ user }) => values.user === undefined || values.user === user)
  if (!failure) {
    say(`${seed} does not fail`)
    process.exitCode = 1
    return
  }
  say(`FAILURE ${failure.invariant}: ${failure.detail}`)
  const cut = await shrink(whole.people, failure, outages, async (tried) => {
    const answer = await ask(pool, { ...whole, cut: tried })
    say(`  ${tried.lives.length} people, ${(tried.events ?? answer.events).length} events`)
    return answer
  })
  const shrunk: ShrunkCase = { invariant: failure.invariant, ...whole, ...cut }
  writeFileSync(CASES, `${JSON.stringify([...readCases(), shrunk], null, 2)}\n`)
  say(`${cut.lives.length} people and ${cut.events.length} events are left: ${CASES}`)
}

async function runCase(pool: WorkerPool, seed: string): Promise<void> {
  const found = readCases().find((one) => one.seed === seed)
  if (!found) throw new Error(`${CASES} has no case of ${seed}`)
  await show(pool, toOrder(found))
}

async function runMany(pool: WorkerPool): Promise<void> {
  const state = openState()
  const { first, reports } = state
  const worlds = Math.ceil(state.schedules / SCHEDULES_PER_WORLD)
  const done = new Set(reports.map(({ seed }) => seed))
  const seeds = Array.from({ length: worlds }, (_, index) => String(first + index)).filter(
    (seed) => !done.has(seed),
  )
  say(`${seeds.length} worlds to run, first seed ${first}`)
  const [begun, before] = [Date.now(), state.ms]
  const run = { isOver: false }
  const stop = (): void => {
    run.isOver = true
    pool.stop()
    end(state)
    // Not before all that was said is out: a pipe takes only so much at once.
    process.stdout.write('', () => process.exit())
  }
  process.once('SIGINT', stop)
  const orders = seeds.map((seed) => ({ seed, people: SCHEDULES_PER_WORLD, ...shares() }))
  await pool.runAll(orders, wholeNumber('workers', values.workers), ({ story: _, ...report }) => {
    // What was being run then has been ended with it.
    if (run.isOver) return
    reports.push(report)
    state.ms = before + Date.now() - begun
    keep(state)
    tell(report)
    if (values['until-failure'] && report.failures.length > 0) stop()
    else if (!values.quiet) say(`${reports.length} of ${worlds} worlds, ${Math.round(state.ms / 1000)} s`)
  })
  if (!run.isOver) end(state)
}

const pool = new WorkerPool(WORKER)
if (values.shrink !== undefined) await shrinkOne(pool, values.shrink)
else if (values.case !== undefined) await runCase(pool, values.case)
else await (values.seed === undefined ? runMany(pool) : runOne(pool, values.seed))
