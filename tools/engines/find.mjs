// Where the programs of an engine are on this machine, and how they are installed where there are none.
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
