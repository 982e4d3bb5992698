import { CreatedTokenSchema, TokenListSchema, type Scopes, type TokenInfo } from '@herald/protocol'
import type { Command } from 'commander'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { formatTable, formatTime } from '../output'
import { collect, parseTtl } from '../parse'

interface CreateOptions {
  readonly user?: string
  readonly publish?: string[]
  readonly read?: boolean
  readonly admin?: boolean
  readonly ttl?: number
  readonly label?: string
}

/** `herald token …`. */
export function addTokenCommands(program: Command, surroundings: Surroundings): void {
  const token = program.command('token').description('create, list and revoke tokens')
  token
    .command('create')
    .description('create a token; its secret is shown this once')
    .option('--user <id>', 'the user whom the token acts as')
    .option(
      '--publish <pattern>',
      'what it may publish to: topic:ops, user:*, * (repeat, or use commas)',
      collect,
    )
    .option('--read', 'it reads as its user (what a token of a user does when nothing else is said)')
    .option('--admin', 'it administers the gateway')
    .option('--ttl <time>', 'how long it is valid, such as 90d; without it, until revoked', parseTtl)
    .option('--label <text>', 'what it is for')
    .action(async (options: CreateOptions, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const body = readRights(options)
      const created = await api.ask(
        { method: 'POST', path: tokensPath(options.user), body },
        CreatedTokenSchema,
      )
      output.say(`${created.token}\n\n${describeToken(created.info)}`, created)
    })
  token
    .command('list')
    .description('list the tokens of a user, or those without a user')
    .option('--user <id>')
    .action(async ({ user }: { user?: string }, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const { tokens } = await api.ask({ method: 'GET', path: tokensPath(user) }, TokenListSchema)
      const rows = tokens.map((info) => [
        info.id,
        info.label,
        describeScopes(info.scopes),
        formatTime(info.expires),
      ])
      output.say(
        rows.length === 0 ? 'no tokens' : formatTable(['ID', 'LABEL', 'MAY', 'EXPIRES'], rows),
        tokens,
      )
    })
  token
    .command('revoke <id>')
    .description('end a token and its open connections at once')
    .action(async (id: string, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      await api.tell({ method: 'DELETE', path: `/v1/tokens/${encodeURIComponent(id)}` })
      output.say(`revoked ${id}`, { revoked: id })
    })
}

function tokensPath(user: string | undefined): string {
  return user === undefined ? '/v1/tokens' : `/v1/users/${encodeURIComponent(user)}/tokens`
}

function readRights({ user, publish = [], read, admin = false, ttl, label = '' }: CreateOptions): object {
  const nothingSaid = publish.length === 0 && !admin && read === undefined
  if (nothingSaid && user === undefined) {
    throw new CliError('say what the token may do: --publish <pattern>, --admin, or --user <id>', 2)
  }
  return { label, publish, read: read ?? nothingSaid, admin, ...(ttl === undefined ? {} : { ttl }) }
}

function describeToken({ id, user, scopes, expires }: TokenInfo): string {
  const whose = user === null ? '' : ` as ${user}`
  const life = expires === null ? 'until it is revoked' : `until ${formatTime(expires)}`
  return `${id}: ${describeScopes(scopes)}${whose}, ${life}. The secret above is not shown again.`
}

function describeScopes({ publish, read, admin }: Scopes): string {
  const rights = [admin && 'administer', read && 'read', publish.length > 0 && `publish ${publish.join(' ')}`]
  return rights.filter(Boolean).join(', ')
}
