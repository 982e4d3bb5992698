import { DeadLettersSchema, ReplayedSchema, type DeadLetter } from '@herald/protocol'
import type { Command } from 'commander'
import { openContext, type Surroundings } from '../context'
import { formatTable, formatTime } from '../output'
import { pushWord } from '../push-words'

const HEADS = ['TIME', 'MESSAGE', 'FEED', 'USER', 'DEVICE', 'WHY', 'RESPONSE']

/** `herald push dead` and `herald push replay`. */
export function addPushCommands(program: Command, surroundings: Surroundings): void {
  const push = program
    .command('push')
    .description('list and replay dead letters: pushes that no push service accepted')
  push
    .command('dead')
    .description('list them, newest first')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const { deadLetters } = await api.ask({ method: 'GET', path: '/v1/dead-letters' }, DeadLettersSchema)
      const rows = deadLetters.map(describe)
      output.say(rows.length === 0 ? 'no dead letters' : formatTable(HEADS, rows), deadLetters)
    })
  push
    .command('replay [message]')
    .description('send them again: those of one message (by its id), or all')
    .action(async (message: string | undefined, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const body = message === undefined ? {} : { message }
      const request = { method: 'POST', path: '/v1/dead-letters/replay', body } as const
      const { replayed } = await api.ask(request, ReplayedSchema)
      const what = replayed === 1 ? 'one push is' : `${String(replayed)} pushes are`
      output.say(replayed === 0 ? 'there was nothing to try again' : `${what} due again`, { replayed })
    })
}

/** A message that is no longer kept is named by where it was. */
function describe({ time, message, feed, first, last, user, device, reason, events }: DeadLetter): string[] {
  const seqs = first === last ? String(first) : `${String(first)}-${String(last)}`
  const said = events.findLast(({ detail }) => detail !== undefined)
  const words = said?.provider === undefined ? said?.detail : `${said.provider}: ${said.detail ?? ''}`
  return [
    ...[formatTime(time), message ?? `no. ${seqs}, not kept`, feed, user, device],
    ...[pushWord('en', `reason.${reason}`), words ?? ''],
  ]
}
