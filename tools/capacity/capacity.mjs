// Usage: npm run capacity -- --users 1000000 --online 0.03 --messages 10 --peak 5 --bytes 500 --days 30
import { parseArgs } from 'node:util'
import process from 'node:process'
import { planFor, UNIT_COSTS } from './model.mjs'

const DEFAULTS = { users: 100_000, online: 0.03, messages: 10, peak: 5, bytes: 500, days: 30 }

const names = [...Object.keys(DEFAULTS), ...Object.keys(UNIT_COSTS)]

/** @param {[name: string, value: unknown][]} values @returns {Record<string, number>} */
function readNumbers(values) {
  return Object.fromEntries(
    values.map(([name, text]) => {
      const value = Number(text)
      if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} is a number above 0`)
      return [name, value]
    }),
  )
}

function readOptions() {
  const options = Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ('string') }]))
  const { values } = parseArgs({ options: { ...options, json: { type: 'boolean', default: false } } })
  const { json, ...numbers } = values
  return { asJson: json, given: readNumbers(Object.entries(numbers)) }
}

/** @param {number} value */
const number = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 1 : 0 })

/** @param {number} bytes */
function size(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  return `${number(bytes / 1000 ** power)} ${units[power] ?? ''}`
}

/**
 * @param {typeof DEFAULTS} demand
 * @param {Record<string, number>} given
 * @param {ReturnType<typeof planFor>} plan
 */
function linesOf(demand, given, plan) {
  return [
    `${number(demand.users)} users, ${number(100 * demand.online)} % of them connected, ${number(demand.messages)} messages a day each:`,
    '',
    `sockets     ${number(plan.sockets)}`,
    `messages    ${number(plan.perSecond)} a second in the mean, ${number(plan.peakPerSecond)} at the peak`,
    `gateways    ${number(plan.gateways)}${plan.gateways > 1 ? ', of which one may be away' : ''}; ${size(plan.gatewayMemoryBytes)} of sockets in each, ${number(plan.idleCores)} cores idle in all`,
    `all back    after ${number(plan.returnSeconds)} s when a gateway starts anew`,
    plan.fitsFile
      ? 'store       the file of one gateway is enough'
      : `store       ${number(plan.primaries)} PostgreSQL ${plan.primaries > 1 ? 'primaries' : 'primary'} by rate, each with two standbys of which one is waited for`,
    `disk        ${size(plan.diskBytes)} for ${number(demand.days)} days${plan.fitsFile ? '' : ', on each of the three machines of a primary'}`,
    ...(plan.busBytesPerSecond > 0
      ? [`bus         ${size(plan.busBytesPerSecond)} a second at the peak`]
      : []),
    ...(plan.primaries > 1
      ? ['', 'More than one primary asks for shards, which Herald does not have: see docs/scale-out.md.']
      : []),
    '',
    'Unit costs (each may be given as an option of its name):',
    ...Object.entries(UNIT_COSTS).map(
      ([name, { value, unit, from }]) =>
        `  --${name} ${number(given[name] ?? value)}: ${unit}. ${given[name] === undefined ? from : 'yours'}`,
    ),
  ]
}

try {
  const { asJson, given } = readOptions()
  const demand = { ...DEFAULTS, ...given }
  const plan = planFor(demand, given)
  process.stdout.write(`${asJson ? JSON.stringify(plan) : linesOf(demand, given, plan).join('\n')}\n`)
} catch (error) {
  process.stderr.write(`capacity: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
