import { SignInCodeSchema, UserListSchema, UserSchema } from '@herald/protocol'
import type { Command } from 'commander'
import { networkUrl } from '../../process/addresses'
import { drawQrCode } from '../../process/qr-code'
import { signInLink } from '../../process/quickstart'
import { CliError } from '../cli-error'
import { openContext, type Surroundings } from '../context'
import { formatTable, formatTime } from '../output'

/** `herald user …` and `herald sign-in-link`. */
export function addUserCommands(program: Command, surroundings: Surroundings): void {
  const user = program.command('user').description('add, list, disable and remove users')
  user
    .command('add <id>')
    .description('add a user')
    .option('--name <name>', 'how people call the user')
    .action(async (id: string, options: { name?: string }, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const added = await api.ask({ method: 'POST', path: '/v1/users', body: { id, ...options } }, UserSchema)
      output.say(`added ${added.id}; a link to sign in:  herald sign-in-link ${added.id}`, added)
    })
  user
    .command('list')
    .description('list all users')
    .action(async (_options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const { users } = await api.ask({ method: 'GET', path: '/v1/users' }, UserListSchema)
      // The column is for those who have use for it.
      const someDisabled = users.some(({ disabled }) => disabled !== null)
      const rows = users.map(({ id, name, created, disabled }) => [
        ...[id, name, formatTime(created)],
        ...(someDisabled ? [disabled === null ? '' : formatTime(disabled)] : []),
      ])
      const heads = ['ID', 'NAME', 'CREATED', ...(someDisabled ? ['DISABLED'] : [])]
      output.say(rows.length === 0 ? 'no users' : formatTable(heads, rows), users)
    })
  addUserEnds(user, surroundings)
  addSignInLink(program, surroundings)
}

/** `herald user disable|enable|remove`. */
function addUserEnds(user: Command, surroundings: Surroundings): void {
  const add = (name: 'disable' | 'enable', about: string, said: string): void => {
    user
      .command(`${name} <id>`)
      .description(about)
      .action(async (id: string, _options: object, command: Command) => {
        const { api, output } = openContext(command, surroundings)
        await api.tell({ method: 'POST', path: `/v1/users/${encodeURIComponent(id)}/${name}` })
        output.say(`${said} ${id}`, { [said]: id })
      })
  }
  add('disable', 'let nobody act as a user; open connections end at once, and nothing is lost', 'disabled')
  add('enable', 'let a user in again who was disabled', 'enabled')
  user
    .command('remove <id>')
    .description('remove a user with feed, tokens, devices and reads; this cannot be taken back')
    .option('--yes', 'do it without being asked')
    .action(async (id: string, { yes }: { yes?: boolean }, command: Command) => {
      if (yes !== true)
        throw new CliError(`this removes ${id} and everything of theirs for good; say so with --yes`, 2)
      const { api, output } = openContext(command, surroundings)
      await api.tell({ method: 'DELETE', path: `/v1/users/${encodeURIComponent(id)}` })
      output.say(`removed ${id} and everything of theirs`, { removed: id })
    })
}

function addSignInLink(program: Command, surroundings: Surroundings): void {
  program
    .command('sign-in-link <user>')
    .description('make a link that signs a device in as the user, once')
    .option('--base <url>', 'address under which the device reaches the gateway')
    .action(async (id: string, { base }: { base?: string }, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const path = `/v1/users/${encodeURIComponent(id)}/sign-in-codes`
      const { code, expires } = await api.ask({ method: 'POST', path }, SignInCodeSchema)
      const links = basesOf(base ?? api.url, base !== undefined).map((url) => signInLink(url, code))
      const or = links.length > 1 ? 'One of them works, once' : 'It works once'
      // The last one is the one that a phone, which has the camera, can reach.
      const picture = drawQrCode(links.at(-1) ?? '', surroundings.terminal)
      const lines = [...links, { drawn: picture }, `${or}, until ${formatTime(expires)}.`]
      output.say(lines, { links, expires })
    })
}

/** A gateway that this machine calls localhost has another name for a phone. */
function basesOf(url: string, exact: boolean): string[] {
  const { hostname, port } = new URL(url)
  const network = exact || hostname !== 'localhost' ? undefined : networkUrl('0.0.0.0', Number(port || 80))
  return network === undefined ? [url.replace(/\/+$/, '')] : [url, network]
}
