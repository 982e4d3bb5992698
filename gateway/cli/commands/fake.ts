import { Argument, type Command } from 'commander'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakes, type FakeName, type PlayOptions, type RunningFake } from '@herald/push-fakes/fakes'
import { CliError } from '../cli-error'
import type { Surroundings } from '../context'
import { formatMoment, openOutput, printable } from '../output'
import { parsePort } from '../parse'
import type { GlobalOptions } from '../target'

const GATEWAY = 'http://localhost:8787'

/** `herald fake`. */
export function addFakeCommand(program: Command, { env, write, stopped }: Surroundings): void {
  program
    .command('fake')
    .description('run a strict local stand-in for a push service, to try pushes without an account')
    .addArgument(new Argument('<service>').choices(Object.keys(fakes)))
    .option('--port <port>', 'where it listens; any, when left out', parsePort, 0)
    .action(async (name: FakeName, { port }: { port: number }, command: Command) => {
      const output = openOutput(command.optsWithGlobals<GlobalOptions>().json === true, write)
      const tell: PlayOptions['tell'] = (what, detail) => {
        const time = Date.now()
        output.say(`${formatMoment(time).slice(-8)}  ${what.padEnd(8)}  ${printable(detail)}`, {
          time,
          what,
          detail,
        })
      }
      // Listened for before anything is made, so that an early Ctrl-C leaves no keys behind.
      const end = stopped()
      const folder = mkdtempSync(join(tmpdir(), 'herald-fake-'))
      try {
        const fake = await start(name, { port, folder, tell })
        const { url, variables, platform, registration } = fake
        const device = { platform, push: [registration] }
        output.say(describe(name, fake, device, env.HERALD_URL ?? GATEWAY), { name, url, variables, device })
        await end
        await fake.close()
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    })
}

async function start(name: FakeName, options: PlayOptions): Promise<RunningFake> {
  try {
    return await fakes[name](options)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE') throw new CliError(`port ${String(options.port)} is taken`, 2)
    if (code === 'EACCES') throw new CliError(`port ${String(options.port)} needs more rights`, 2)
    throw error
  }
}

function describe(name: FakeName, { url, variables }: RunningFake, device: object, gateway: string): string {
  const exports = Object.entries(variables).map(([variable, value]) => `  export ${variable}='${value}'`)
  return [
    `A strict fake of ${name} listens at ${url} until Ctrl-C.`,
    '',
    'Start the gateway with',
    ...[...exports, '  npm start'],
    '',
    'The fake knows one device. Register it as a user, whose token  herald token create --user me  makes:',
    `  curl -X PUT -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\`,
    `    -d '${JSON.stringify(device)}' \\`,
    `    ${gateway}/v1/me/devices/fake-${name}-1`,
    '',
  ].join('\n')
}
