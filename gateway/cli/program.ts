import { Command, CommanderError } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { CliError } from './cli-error'
import { addOperationCommands } from './commands/operation'
import { addDoctorCommand } from './commands/doctor'
import { addExplainCommand } from './commands/explain'
import { addFakeCommand } from './commands/fake'
import { addMachineCommands } from './commands/machine'
import { addProviderCommands } from './commands/providers'
import { addPublishCommand } from './commands/publish'
import { addPushCommands } from './commands/push'
import { addSessionCommands } from './commands/sessions'
import { addStoreCommands } from './commands/store'
import { addTestCommand } from './commands/test'
import { addTokenCommands } from './commands/tokens'
import { addUserCommands } from './commands/users'
import type { Surroundings } from './context'
import { printableLines } from './output'

const HELP = `
Examples:
  herald serve --port 8787
  herald backup /mnt/backup/herald-$(date +%F)
  herald publish topic:ops "The backup is done" --title Backup --tag db
  df -h | herald publish user:me --title "Disks on $(hostname)"
  herald user add ann --name Ann && herald sign-in-link ann
  herald user disable ann && herald session list ann
  herald token create --publish topic:ops --ttl 90d --label ci
  herald test ann
  herald explain 4f8c9f0e-5d0f-4c34-9f57-4b8d2f0c1a77
  herald explain --nudges ann
  herald provider check && herald push dead && herald doctor xmpp
  herald store move --to postgres://herald@db.example.com/herald

The gateway is found by --url and --token, by HERALD_URL and HERALD_TOKEN, or by the data folder of one that
runs on this machine. Exit codes: 0 done, 1 refused by the gateway (or a check
failed), 2 wrong usage or no gateway.`

/** The whole program; it does not exit by itself, but throws CliError and CommanderError. */
export function createProgram(surroundings: Surroundings): Command {
  const program = new Command('herald')
    .description('Run a Herald gateway, administer it, and publish messages.')
    .version(packageJson.version)
    .option('--url <url>', 'address of the gateway')
    .option('--token <token>', 'token to use (HERALD_TOKEN keeps it out of the shell’s history)')
    .option('--data <folder>', 'data folder of a gateway on this machine (./data)')
    .option('--json', 'answer in JSON')
    .addHelpText('after', HELP)
    .showHelpAfterError('(herald --help says more)')
    .configureOutput({ writeOut: surroundings.write, writeErr: surroundings.complain })
    .exitOverride()
  addMachineCommands(program, surroundings)
  addPublishCommand(program, surroundings)
  addUserCommands(program, surroundings)
  addTokenCommands(program, surroundings)
  addSessionCommands(program, surroundings)
  addOperationCommands(program, surroundings)
  addTestCommand(program, surroundings)
  addExplainCommand(program, surroundings)
  addProviderCommands(program, surroundings)
  addDoctorCommand(program, surroundings)
  addPushCommands(program, surroundings)
  addStoreCommands(program, surroundings)
  addFakeCommand(program, surroundings)
  return program
}

/** Runs the program; returns the exit code, and says in plain words what went wrong. */
export async function runProgram(words: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(words, { from: 'user' })
    return 0
  } catch (error) {
    // Commander has said what it had to say, and exits 0 after --help and --version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    if (!(error instanceof CliError)) throw error
    const code = error.code === undefined ? '' : ` (${error.code})`
    surroundings.complain(`${printableLines(`herald: ${error.message}${code}`)}\n`)
    return error.exitCode
  }
}
