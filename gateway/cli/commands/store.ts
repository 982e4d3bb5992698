import { InvalidArgumentError, type Command } from 'commander'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { MoveError, type MovedRows, type MoveStep } from '../../stores/move/copy'
import { moveToDatabase, moveToFile, type MoveOptions } from '../../stores/move/move'
import { CliError } from '../cli-error'
import type { Surroundings } from '../context'
import { openOutput } from '../output'
import type { GlobalOptions } from '../target'

/** The embedded store, in place of a database's address. */
const FILE = 'file'

interface StoreMoveOptions {
  readonly from?: string
  readonly to: string
  readonly rehearse?: boolean
}

/** `herald store move`: from the file in the data folder to a database, and back. */
export function addStoreCommands(program: Command, surroundings: Surroundings): void {
  const store = program.command('store').description('move what a gateway keeps to another engine')
  store
    .command('move')
    .description('move everything into an empty store; all gateways of both are stopped')
    .requiredOption(
      '--to <store>',
      `where to: postgres://… or ${FILE}, the one in the data folder`,
      readStore,
    )
    .option('--from <store>', `where from, if not the other one: ${FILE}, or HERALD_STORE`, readStore)
    .option('--rehearse', 'do and check everything, and then leave both as they were')
    .action(async (given: StoreMoveOptions, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & StoreMoveOptions>()
      const { env, write, terminal } = surroundings
      const { isToFile, uri } = findStores(given, env)
      const isDrawn = terminal.isTTY === true && options.json !== true
      const moveOptions: MoveOptions = {
        folder: resolve(options.data ?? (env.HERALD_DATA || './data')),
        ...{ uri, password: readPassword(env) },
        rehearse: given.rehearse === true,
        ...(isDrawn && { onStep: drawProgress(write) }),
      }
      const moved = await (isToFile ? moveToFile : moveToDatabase)(moveOptions).catch(throwInWords)
      if (isDrawn) write(CLEAR_LINE)
      openOutput(options.json === true, write).say(inWords(moved, given.rehearse === true, isToFile), {
        ...{ ...moved, to: isToFile ? FILE : 'database', rehearsed: given.rehearse === true },
      })
    })
}

function readStore(text: string): string {
  if (text === FILE || /^postgres(?:ql)?:\/\//.test(text)) return text
  throw new InvalidArgumentError(`a store is postgres://… or ${FILE}`)
}

/** Which of the two is the database. */
function findStores(
  { from, to }: StoreMoveOptions,
  env: NodeJS.ProcessEnv,
): { isToFile: boolean; uri: string } {
  const isToFile = to === FILE
  const source = from ?? (isToFile ? env.HERALD_STORE || undefined : FILE)
  if (source === undefined)
    throw new CliError('name the database that it comes from with --from, or HERALD_STORE', 2)
  if ((source === FILE) === isToFile)
    throw new CliError(
      `one of the two is ${FILE}; PostgreSQL itself copies a database to another (pg_dump)`,
      2,
    )
  return { isToFile, uri: isToFile ? source : to }
}

function readPassword({ HERALD_STORE_PASSWORD_FILE: path }: NodeJS.ProcessEnv): string | undefined {
  if (!path) return undefined
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    throw new CliError(`HERALD_STORE_PASSWORD_FILE: cannot read ${path}`, 2)
  }
}

/** Back to the beginning of the line, and nothing behind it (ECMA-48, EL). */
const CLEAR_LINE = '\r\u001b[K'

/** Draws one line over and over: which table, and how far it is. */
function drawProgress(write: (text: string) => void): (step: MoveStep) => void {
  let shown = ''
  return ({ table, done, of }) => {
    const line = `${table}  ${String(of === 0 ? 100 : Math.floor((100 * done) / of))} %`
    if (line === shown) return
    shown = line
    write(`${CLEAR_LINE}${line}`)
  }
}

function inWords({ tables, feeds }: MovedRows, isRehearsal: boolean, isToFile: boolean): string {
  const { messages = 0, users = 0, tokens = 0, devices = 0 } = tables
  const what = `${String(messages)} messages of ${String(feeds)} feeds, ${String(users)} users, ${String(tokens)} tokens and ${String(devices)} devices`
  if (isRehearsal) return `rehearsed: ${what} would move; nothing was changed`
  return isToFile
    ? `moved ${what} and found each again; start the gateway without HERALD_STORE`
    : `moved ${what} and found each again; start the gateways with HERALD_STORE`
}

function throwInWords(error: unknown): never {
  throw error instanceof MoveError ? new CliError(error.message, 1) : error
}
