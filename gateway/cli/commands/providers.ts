import {
  ProviderChecksSchema,
  ProviderListSchema,
  ProviderNameSchema,
  type ProviderCheck,
  type ProviderInfo,
  type ProviderName,
} from '@herald/protocol'
import { Argument, type Command } from 'commander'
import type { ApiClient } from '../api-client'
import { providerPages, whereToRead } from '../../providers/off-reasons'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { formatTable, printable } from '../output'
import { checkChatServers } from './doctor'
import { pushWord } from '../push-words'

/** Longer names of apps are cut, for people. */
const MAX_SHOWN = 40

/** `herald provider …`. */
export function addProviderCommands(program: Command, surroundings: Surroundings): void {
  const provider = program
    .command('provider')
    .description('push services: which are on, and whether they work')
  provider
    .command('list')
    .description('list the push services, and why those are off that are')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const providers = await listProviders(api)
      const rows = providers.map(({ name, on, why, app }) => [
        name,
        on ? 'on' : 'off',
        why ?? (app === null ? 'any app' : shorten(app)),
      ])
      output.say(formatTable(['SERVICE', 'IS', 'FOR, OR WHY NOT'], rows), providers)
    })
  provider
    .command('check')
    .description('ask the push services that are on whether their credentials work; nothing is pushed')
    .addArgument(new Argument('[service]', 'this one alone').choices(ProviderNameSchema.options))
    .action(async (only: ProviderName | undefined, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const providers = await listProviders(api)
      const body = only === undefined ? {} : { provider: only }
      const request = { method: 'POST', path: '/v1/providers/check', body } as const
      const { checks } = await api.ask(request, ProviderChecksSchema)
      const asked = providers.filter(({ name }) => only === undefined || name === only)
      const chatServers = only === undefined ? await checkChatServers(api) : []
      const lines = [
        ...asked.map((one) => describe(one, checks)),
        ...chatServers.map(({ name, server, ok }) =>
          printable(`xmpp · ${name} at ${server}: ${ok ? 'works' : 'DOES NOT WORK'}`),
        ),
      ]
      output.say(lines.join('\n'), { providers: asked, checks, chatServers })
      requireWorking(checks, asked, only, api.url)
      if (chatServers.some(({ ok }) => !ok))
        throw new CliError('a chat server is not connected: herald doctor xmpp says why', 1)
    })
}

async function listProviders(api: ApiClient): Promise<ProviderInfo[]> {
  return (await api.ask({ method: 'GET', path: '/v1/providers' }, ProviderListSchema)).providers
}

function describe({ name, why, app }: ProviderInfo, checks: readonly ProviderCheck[]): string {
  const words = [name, pushWord('en', `provider.${name}`), ...(app === null ? [] : [shorten(app)])]
  const service = words.join(' · ')
  const check = checks.find((one) => one.name === name)
  if (check === undefined) return `${service}: off: ${why ?? 'it was switched off just now'}`
  return `${service}: ${check.ok ? 'works' : 'DOES NOT WORK'}: ${printable(check.detail)}`
}

/** The key of Web Push is an app's name too, and of no use to people in full. */
function shorten(app: string): string {
  return app.length > MAX_SHOWN ? `${app.slice(0, MAX_SHOWN)}…` : app
}

/** Throws when a service that is on does not work, or the one that was named is off. */
function requireWorking(
  checks: readonly ProviderCheck[],
  asked: readonly ProviderInfo[],
  only: ProviderName | undefined,
  gateway: string,
): void {
  const failing = checks.filter(({ ok }) => !ok).map(({ name }) => name)
  if (failing.length > 0) {
    const lines = failing.map((name) => `${name}: what to do: ${whereToRead(providerPages[name], gateway)}`)
    throw new CliError(lines.join('\n'), 1)
  }
  if (only !== undefined && asked.some(({ on }) => !on)) throw new CliError(`${only} is off`, 1)
}
