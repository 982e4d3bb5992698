import { StatusSchema, type Status } from '@herald/protocol'
import type { Command } from 'commander'
import { openContext, type Surroundings } from '../context'
import { CliError } from '../cli-error'
import { formatBytes, formatDuration, formatTable, formatTime } from '../output'

/** `herald status`, `herald gateways` and `herald epoch renew`. */
export function addOperationCommands(program: Command, surroundings: Surroundings): void {
  program
    .command('status')
    .description('how the gateway is')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const status = await api.ask({ method: 'GET', path: '/v1/status' }, StatusSchema)
      const lines = [
        `gateway      ${api.url}, version ${status.version}, up ${formatDuration(status.uptimeSeconds)}`,
        `connections  ${String(status.connections)}`,
        `users        ${String(status.users)}`,
        `feeds        ${String(status.feeds)}, with ${String(status.messages)} messages`,
        `store        ${formatBytes(status.storeBytes)}, ${status.writable ? 'takes writes' : 'TAKES NO WRITES: look at the disk'}`,
        ...(status.clock ? [`clock        ${describeClock(status.clock)}`] : []),
        ...(status.gateways ? [`gateways     ${describeGateways(status.gateways)}`] : []),
      ]
      output.say(lines.join('\n'), status)
    })
  program
    .command('gateways')
    .description('the gateways that share the store, the oldest first')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const { gateways } = await api.ask({ method: 'GET', path: '/v1/status' }, StatusSchema)
      if (!gateways) throw new CliError('this gateway is alone on its store', 1)
      const rows = gateways.map((one) => [
        ...[
          one.name,
          one.version,
          formatTime(one.started),
          `${String(Math.round(one.silentMs / 1000))} s ago`,
        ],
        ...[busWords[one.bus], String(one.connections)],
      ])
      output.say(formatTable(['GATEWAY', 'VERSION', 'SINCE', 'SEEN', 'BUS', 'SOCKETS'], rows), gateways)
    })
  program
    .command('epoch')
    .description('epochs: the lives of the feeds’ logs')
    .command('renew')
    .description('after the store was restored from a copy: every device drops what it holds and loads anew')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      await api.tell({ method: 'POST', path: '/v1/epochs' })
      output.say('every feed has a new epoch; devices load it anew', { renewed: true })
    })
}

const busWords = { ok: 'connected', polling: 'CUT: looks every 2 s' } as const

function describeGateways(gateways: NonNullable<Status['gateways']>): string {
  const sockets = gateways.reduce((sum, { connections }) => sum + connections, 0)
  const cut = gateways.filter(({ bus }) => bus === 'polling').length
  const said = `${String(gateways.length)}, with ${String(sockets)} connections: \`herald gateways\` lists them`
  return cut === 0 ? said : `${said}; ${String(cut)} WITHOUT A BUS`
}

/** What a new gateway, or one whose clock was set, does in its first hour is no fault. */
function describeClock({ reason, by }: NonNullable<Status['clock']>): string {
  if (reason === 'new') return 'watched for an hour; until then nothing is dropped for its age'
  const where = `${formatDuration(Math.round(Math.abs(by) / 1000))} ${by < 0 ? 'behind' : 'ahead'}`
  return `NOT BELIEVED, ${where} (${reason}): nothing is dropped for its age; set this machine's clock`
}
