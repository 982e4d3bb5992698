import { HeraldError } from '@herald/protocol'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Directory } from '../contracts/directory'
import { localUrl, networkUrl } from './addresses'
import type { Config } from './config'
import type { DataFolder } from './data-folder'
import { PUBLISH_TOKEN_FILE } from './first-start'
import { renderWelcome, signInLink } from './quickstart'

/** A clone has the command line tool among its packages, which npx looks through first; who installed one has it in the PATH. */
const COMMAND = import.meta.url.includes('/node_modules/') ? 'herald' : 'npx @herald/gateway'

interface Announcement {
  readonly version: string
  readonly config: Config
  readonly logger: Logger
  readonly folder: DataFolder
  readonly directory: Pick<Directory, 'createSignInCode'>
  readonly port: number
  /** Undefined when every user is disabled. */
  readonly user: string | undefined
}

/** Says where the gateway is: to programs by a log line and a file, to a person by what to do next. */
export async function announce(given: Announcement): Promise<void> {
  const { version, config, logger, folder, port, user } = given
  const url = localUrl(config.host, port, config.tls !== undefined)
  folder.announce({ url: config.publicUrl ?? url, pid: process.pid, version })
  const forPerson = config.quickstart && process.stdout.isTTY
  // Whatever the log level: supervisors, scripts and tests wait for this line.
  if (!forPerson) logger.child({}, { level: 'info' }).info({ url, publicUrl: config.publicUrl }, 'ready')
  if (!config.quickstart || user === undefined) return
  await welcome({ ...given, user }, url, forPerson)
}

async function welcome(
  { config, folder, directory, port, user }: Announcement & { readonly user: string },
  url: string,
  forPerson: boolean,
): Promise<void> {
  const newLink = async (base: string): Promise<string | undefined> => {
    try {
      return signInLink(base, (await directory.createSignInCode(user)).code)
    } catch (error) {
      // Somebody who started it very often within an hour has links enough; the start goes on without one.
      if (error instanceof HeraldError && error.code === 'sign_in_code_limit') return undefined
      throw error
    }
  }
  // Standard output that is no terminal is a log, which more people read than may sign in.
  const hasApp = config.staticFolder !== undefined
  const withLinks = hasApp && forPerson
  const phoneUrl = config.publicUrl ?? networkUrl(config.host, port)
  const told = {
    url: config.publicUrl ?? url,
    computerLink: withLinks ? await newLink(config.publicUrl ?? url) : undefined,
    phoneLink: withLinks && phoneUrl !== undefined ? await newLink(phoneUrl) : undefined,
    ...{ user, hasApp, nearby: config.publicUrl === undefined, command: COMMAND },
    publishTokenFile: join(folder.path, PUBLISH_TOKEN_FILE),
  }
  process.stdout.write(renderWelcome(told, process.env, process.stdout))
}
