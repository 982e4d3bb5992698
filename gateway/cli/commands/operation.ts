import { StatusSchema, type Status } from '@herald/protocol'
import type { Command } from 'commander'
import { openContext, type Surroundings } from '../context'
import { formatBytes, formatDuration } from '../output'

/** `herald status` and `herald epoch renew`. */
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
      ]
      output.say(lines.join('\n'), status)
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

/** What a new gateway, or one whose clock was set, does in its first hour is no fault. */
function describeClock({ reason, by }: NonNullable<Status['clock']>): string {
  if (reason === 'new') return 'watched for an hour; until then nothing is dropped for its age'
  const where = `${formatDuration(Math.round(Math.abs(by) / 1000))} ${by < 0 ? 'behind' : 'ahead'}`
  return `NOT BELIEVED, ${where} (${reason}): nothing is dropped for its age; set this machine's clock`
}
