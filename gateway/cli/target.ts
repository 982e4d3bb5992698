import { join, resolve } from 'node:path'
import { findRunning, readSmallFile } from '../process/data-folder'
import { ADMIN_TOKEN_FILE } from '../process/first-start'
import { CliError } from './cli-error'

/** Options that every command takes. */
export interface GlobalOptions {
  readonly url?: string
  readonly token?: string
  readonly data?: string
  readonly json?: boolean
}

/** Which gateway to talk to, and as whom. */
export interface Target {
  /** Without a slash at its end. */
  readonly url: string
  readonly token: string
}

/**
 * Finds the gateway: by options, then by HERALD_URL and HERALD_TOKEN, then by what a gateway on this machine left
 * in its data folder. That folder's token is only ever sent to that folder's gateway, never to an address that was
 * named otherwise. Throws CliError that says how to name what is missing.
 */
export function findTarget(options: GlobalOptions, env: NodeJS.ProcessEnv): Target {
  const folder = resolve(options.data ?? (env.HERALD_DATA || './data'))
  const named = (options.url ?? env.HERALD_URL)?.replace(/\/+$/, '')
  const url = named || findRunning(folder)?.url
  if (!url) {
    throw new CliError(
      `no gateway runs with the data folder ${folder}; start one with  npm start , or name it with --url`,
      2,
    )
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw new CliError(`${url} is no http or https address`, 2)
  const token =
    (options.token ?? env.HERALD_TOKEN) || (named ? undefined : readSmallFile(join(folder, ADMIN_TOKEN_FILE)))
  if (!token) throw new CliError(`a token is missing: set HERALD_TOKEN, or give --token`, 2)
  return { url, token }
}
