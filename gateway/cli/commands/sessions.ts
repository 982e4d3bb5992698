import { EndedSessionsSchema, SessionListSchema, SignInCodeListSchema, type Session } from '@herald/protocol'
import type { Command } from 'commander'
import { openContext, type Surroundings } from '../context'
import { formatTable, formatTime } from '../output'

/** `herald session …` and `herald sign-in-code …`. */
export function addSessionCommands(program: Command, surroundings: Surroundings): void {
  addSessions(program.command('session').description('list and end the sessions of a user'), surroundings)
  addCodes(
    program.command('sign-in-code').description('list and take back unused sign-in codes'),
    surroundings,
  )
}

const userPath = (id: string): string => `/v1/users/${encodeURIComponent(id)}`

function addSessions(session: Command, surroundings: Surroundings): void {
  session
    .command('list <user>')
    .description('where a user is signed in, the last used first')
    .action(async (user: string, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const path = `${userPath(user)}/sessions`
      const { sessions } = await api.ask({ method: 'GET', path }, SessionListSchema)
      const rows = sessions.map((one) => [one.id, one.label, describeDevices(one), formatTime(one.lastUsed)])
      const table = formatTable(['ID', 'LABEL', 'DEVICES', 'LAST USED'], rows)
      output.say(rows.length === 0 ? 'no sessions' : table, sessions)
    })
  session
    .command('end <user> [id]')
    .description('sign one session out, or all of them; open connections end at once')
    .action(async (user: string, id: string | undefined, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const path = `${userPath(user)}/sessions`
      if (id === undefined) {
        const { ended } = await api.ask({ method: 'DELETE', path }, EndedSessionsSchema)
        output.say(`ended ${String(ended)} of ${user}`, { ended })
        return
      }
      await api.tell({ method: 'DELETE', path: `${path}/${encodeURIComponent(id)}` })
      output.say(`ended ${id}`, { ended: 1 })
    })
}

function addCodes(code: Command, surroundings: Surroundings): void {
  code
    .command('list <user>')
    .description('sign-in codes that could still be used, without the codes themselves')
    .action(async (user: string, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const path = `${userPath(user)}/sign-in-codes`
      const { codes } = await api.ask({ method: 'GET', path }, SignInCodeListSchema)
      const rows = codes.map(({ id, created, expires }) => [id, formatTime(created), formatTime(expires)])
      output.say(rows.length === 0 ? 'no codes' : formatTable(['ID', 'CREATED', 'EXPIRES'], rows), codes)
    })
  code
    .command('revoke <user> [id]')
    .description('take one code back, or all of them: their links sign nobody in')
    .action(async (user: string, id: string | undefined, _options: object, command: Command) => {
      const { api, output } = openContext(command, surroundings)
      const path = `${userPath(user)}/sign-in-codes${id === undefined ? '' : `/${encodeURIComponent(id)}`}`
      await api.tell({ method: 'DELETE', path })
      output.say(`took back ${id ?? `all codes of ${user}`}`, { revoked: id ?? user })
    })
}

function describeDevices({ devices }: Session): string {
  return devices.map(({ id, platform, state }) => `${platform} ${id.slice(0, 8)} (${state})`).join(', ')
}
