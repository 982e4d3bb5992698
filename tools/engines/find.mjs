// Where the programs of an engine are on this machine, and how they are installed where there are none.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

/** Debian keeps each version's programs beside the others', and off the PATH. */
const DEBIAN = '/usr/lib/postgresql'

const SUFFIX = process.platform === 'win32' ? '.exe' : ''

export const POSTGRES_PACKAGES = ['postgresql']

export const POSTGRES_MISSING = `The tests need PostgreSQL, 15 or newer. Install it:
  Debian, Ubuntu   sudo apt-get install -y ${POSTGRES_PACKAGES.join(' ')}
  Fedora           sudo dnf install postgresql-server
  macOS            brew install postgresql@17
  Windows          winget install PostgreSQL.PostgreSQL.17
or set POSTGRES_BIN to the folder that has initdb and postgres.`

/** Debian puts a server's program off the PATH of who is not root. */
const PLACES = ['/usr/sbin', '/usr/local/sbin']

export const NATS_PACKAGES = ['nats-server']

export const NATS_MISSING = `The tests need nats-server, 2.9 or newer. Install it:
  Debian, Ubuntu   sudo apt-get install -y ${NATS_PACKAGES.join(' ')}
  macOS            brew install nats-server
  others           https://github.com/nats-io/nats-server/releases
or set NATS_BIN to the path of nats-server.`

/**
 * The path of nats-server: NATS_BIN, then as of any program.
 * @returns {string | undefined}
 */
export function findNats() {
  const named = process.env.NATS_BIN
  if (named === undefined || named === '') return findProgram('nats-server')
  return existsSync(named) ? named : undefined
}

/** Servers that speak XMPP, and clients that others wrote: the gateway and the app are tried against them. */
const CHAT_PROGRAMS = ['prosody', 'prosodyctl', 'erl', 'ejabberdctl', 'go-sendxmpp']

/** The module is a package of its own, and nothing on the PATH says that it is there. */
const CLOUD_NOTIFY = '/usr/lib/prosody/modules/mod_cloud_notify'

export const CHAT_PACKAGES = ['prosody', 'prosody-modules', 'ejabberd', 'go-sendxmpp', 'python3-slixmpp']

export const CHAT_MISSING = `The tests need Prosody 0.12 with its community modules, ejabberd, go-sendxmpp and slixmpp. Install them:
  Debian, Ubuntu   sudo apt-get install -y --no-install-recommends ${CHAT_PACKAGES.join(' ')}
Elsewhere the tests run in a container of Debian 12 or newer.`

/**
 * What of the chat servers and their clients is not on this machine, by name.
 * @returns {string[]}
 */
export function missingChatPrograms() {
  const programs = CHAT_PROGRAMS.filter((name) => findProgram(name) === undefined)
  const hasModules = existsSync(CLOUD_NOTIFY) || existsSync(`${CLOUD_NOTIFY}.lua`)
  const hasSlixmpp = spawnSync(PYTHON, ['-c', 'import slixmpp']).status === 0
  return [...programs, ...(hasModules ? [] : ['mod_cloud_notify']), ...(hasSlixmpp ? [] : ['slixmpp'])]
}

/** Debian's own Python: its packages are not those of another one that may come first on the PATH. */
export const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

/**
 * The path of a program: the PATH, then where servers lie.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return [...folders, ...PLACES].map((folder) => join(folder, name + SUFFIX)).find((path) => existsSync(path))
}

/**
 * The folder of PostgreSQL's programs: POSTGRES_BIN, then Debian's newest, then the PATH.
 * @returns {string | undefined}
 */
export function findPostgres() {
  const named = process.env.POSTGRES_BIN
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : []
  const folders =
    named === undefined || named === ''
      ? [
          ...versions.map((version) => join(DEBIAN, version, 'bin')),
          ...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
        ]
      : [named]
  return folders.find((folder) =>
    ['initdb', 'postgres'].every((name) => existsSync(join(folder, name + SUFFIX))),
  )
}
