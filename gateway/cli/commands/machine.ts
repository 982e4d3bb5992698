import type { Command } from 'commander'
import { resolve } from 'node:path'
import { backUp, BackupError, restore } from '../../stores/sqlite/backup'
import { CliError } from '../cli-error'
import type { Surroundings } from '../context'
import { formatBytes, openOutput } from '../output'
import type { GlobalOptions } from '../target'

/** `herald serve`, `herald backup` and `herald restore`: what is done on the gateway's own machine. */
export function addMachineCommands(program: Command, surroundings: Surroundings): void {
  program
    .command('serve')
    .description('run a gateway with the app, until Ctrl-C; HERALD_… variables configure it')
    .option('--port <port>', 'port to listen on (HERALD_PORT, 8787)')
    .option('--host <address>', 'address to listen on (HERALD_HOST, all of this machine)')
    .option('--public-url <url>', 'the address under which people reach it (HERALD_PUBLIC_URL)')
    .action(async ({ port, host, publicUrl }: ServeOptions, command: Command) => {
      const { data } = command.optsWithGlobals<GlobalOptions>()
      const given = { HERALD_PORT: port, HERALD_HOST: host, HERALD_PUBLIC_URL: publicUrl, HERALD_DATA: data }
      const settings = Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1]))
      await surroundings.serve(Object.fromEntries(settings))
    })
  program
    .command('backup <folder>')
    .description('copy all that a gateway keeps into a new folder; the gateway may run meanwhile')
    .action((folder: string, _options: object, command: Command) => {
      const { output, data } = openFolder(command, surroundings)
      const copy = inWords(() => backUp(data, folder))
      output.say(`copied ${inNumbers(copy)} to ${copy.folder}; keep it as secret as the gateway`, copy)
    })
  program
    .command('restore <folder>')
    .description('put a backup into an empty data folder; devices then load anew what it has')
    .action(async (folder: string, _options: object, command: Command) => {
      const { output, data } = openFolder(command, surroundings)
      const copy = await restore(folder, data, surroundings.writer).catch(throwInWords)
      output.say(`restored ${inNumbers(copy)} to ${copy.folder}; start the gateway with it`, copy)
    })
}

interface ServeOptions {
  readonly port?: string
  readonly host?: string
  readonly publicUrl?: string
}

const inNumbers = ({ messages, bytes }: { messages: number; bytes: number }): string =>
  `${String(messages)} ${messages === 1 ? 'message' : 'messages'} (${formatBytes(bytes)})`

function openFolder(command: Command, { env, write }: Surroundings) {
  const options = command.optsWithGlobals<GlobalOptions>()
  const data = resolve(options.data ?? (env.HERALD_DATA || './data'))
  return { data, output: openOutput(options.json === true, write) }
}

function inWords<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    return throwInWords(error)
  }
}

function throwInWords(error: unknown): never {
  throw error instanceof BackupError ? new CliError(error.message, 1) : error
}
