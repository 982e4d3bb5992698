import { ChatServerChecksSchema, type ChatServerCheck } from '@herald/protocol'
import type { Command } from 'commander'
import { whereToRead } from '../../providers/off-reasons'
import type { ApiClient } from '../api-client'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { formatMoment, printable } from '../output'

/** What to do about the ends of a connection that an operator can do something about. */
const advice: Readonly<Record<string, string>> = {
  'not-authorized': 'the secret is not the one that the chat server has for this name',
  conflict: 'something else is connected under this name: another gateway, or one that is not stopped',
  'host-unknown': 'the chat server has no component of this name',
  ECONNREFUSED: 'nobody listens there: is the port for components open, and does it listen on this address?',
  no_component_port: 'this is no port for components; that of clients is another one',
  public_address:
    'nothing on the way is encrypted: put the chat server into a private network, or set "public": true',
}

/** Words of a chat server after which it says something of its settings that there was never anything to read in one. */
const TELLING = 5

/** `herald doctor xmpp`. */
export function addDoctorCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('doctor')
    .description('find what is wrong with how other servers are set up')
    .command('xmpp')
    .description('the chat servers that alert phones: connection, name, what they say, what they have lost')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const chatServers = await checkChatServers(api)
      if (chatServers.length === 0)
        throw new CliError(
          `the gateway knows no chat server; how to set HERALD_XMPP_FILE: ${whereToRead('xmpp', api.url)}`,
          1,
        )
      output.say(chatServers.map(describeChatServer).join('\n'), chatServers)
      const failing = chatServers.filter(({ ok }) => !ok).map(({ name, server }) => `${name} at ${server}`)
      if (failing.length > 0) throw new CliError(`${failing.join(', ')}: not connected`, 1)
    })
}

export async function checkChatServers(api: ApiClient): Promise<ChatServerCheck[]> {
  const request = { method: 'POST', path: '/v1/chat-servers/check' } as const
  return (await api.ask(request, ChatServerChecksSchema)).chatServers
}

/** A chat server in lines for a person: how it is, and what to do. */
export function describeChatServer(check: ChatServerCheck): string {
  const { name, server, domains, up, ok, since, publishes } = check
  const of = domains.length === 0 ? 'all accounts' : domains.join(', ')
  const state = ok ? 'works' : up ? 'DOES NOT ANSWER' : 'NOT CONNECTED'
  const { noted, quiet, unknown, failed } = publishes
  return [
    printable(`${name} at ${server} (${of}): ${state} since ${formatMoment(since)}`),
    `  said ${String(noted)} times that there is something to read, ${String(quiet)} times something else;`,
    `  ${String(unknown)} times for nobody, ${String(failed)} times it was told to come again`,
    ...faultsOf(check).map((fault) => `  ! ${printable(fault)}`),
  ].join('\n')
}

function faultsOf({ up, ok, end, away, publishes: { noted, quiet } }: ChatServerCheck): string[] {
  const faults: string[] = []
  if (!up && end) faults.push(`${end.code}: ${advice[end.code] ?? end.detail}`)
  if (up && !ok)
    faults.push(
      'the connection stands, but what is sent to this name does not come back: is the name routed elsewhere?',
    )
  if (noted === 0 && quiet >= TELLING)
    faults.push(
      'nothing that it said had a text, so nothing was pushed: ejabberd needs include_body of mod_push, which is on by default',
    )
  if (away)
    faults.push(
      `the gateway was away from ${formatMoment(away.from)} to ${formatMoment(away.to)}: what was written then is not pushed, and ejabberd has forgotten those devices until their apps are there again`,
    )
  return faults
}
