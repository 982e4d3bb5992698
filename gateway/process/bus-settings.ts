// HERALD_BUS: what carries hints between gateways, when it is not the database.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import * as v from 'valibot'
import { ConfigError } from './config-error'

/** Where a NATS cluster is, and how a gateway proves who it is. */
export interface BusSettings {
  /** `host:port`, in any order. */
  readonly servers: readonly string[]
  /** Whether a connection without TLS is refused. */
  readonly isTls: boolean
  readonly user: string | undefined
  /** The password of `user`, or a token when there is none. */
  readonly secret: string | undefined
  /**
   * A file with the secret in place of the address: the password of `user`; without one a token, the seed of an nkey, or a
   * credentials file of NATS.
   */
  readonly secretFile: string | undefined
  /** PEM of who signs the servers' certificates, when the system does not know. */
  readonly ca: string | undefined
}

const DEFAULT_PORT = '4222'

const PART = /^(?:(nats|tls):\/\/)?(?:([^@/?#]*)@)?(\[[0-9a-fA-F:.]+\]|[^:[\]@/?#\s]+)(?::(\d{1,5}))?\/?$/

type Address = Omit<BusSettings, 'secretFile' | 'ca'>

/** Undefined for what is no address of a NATS cluster. */
function parseAddress(text: string): Address | undefined {
  const parts = text.split(',').map((part) => PART.exec(part.trim()))
  const [scheme, given] = parts[0]?.slice(1, 3) ?? []
  if (scheme === undefined) return undefined
  const servers: string[] = []
  for (const part of parts) {
    const [, itsScheme, itsGiven, host, port = DEFAULT_PORT] = part ?? []
    const isLikeFirst = (itsScheme ?? scheme) === scheme && (itsGiven ?? given) === given
    if (host === undefined || !isLikeFirst || Number(port) > 65_535) return undefined
    servers.push(`${host}:${port}`)
  }
  const credentials = readCredentials(given)
  return credentials && { servers, isTls: scheme === 'tls', ...credentials }
}

/** `user:password`, `user:` whose password stands in a file, or a token, as other clients of NATS read them. */
function readCredentials(text: string | undefined): Pick<Address, 'user' | 'secret'> | undefined {
  if (text === undefined || text === '') return { user: undefined, secret: undefined }
  const [user = '', ...rest] = text.split(':')
  try {
    const secret = decodeURIComponent(rest.length > 0 ? rest.join(':') : user)
    return {
      user: rest.length > 0 ? decodeURIComponent(user) : undefined,
      secret: secret === '' ? undefined : secret,
    }
  } catch {
    // A percent sign that begins nothing.
    return undefined
  }
}

export const BusSchema = v.pipe(
  v.string(),
  v.transform(parseAddress),
  v.check(
    (address) => address !== undefined,
    'must be the address of a NATS cluster, such as nats://one,two,three or tls://user:@one:4222,two:4222',
  ),
  v.transform(
    (address): Address => address ?? { servers: [], isTls: false, user: undefined, secret: undefined },
  ),
)

/** Throws ConfigError when the settings do not go together, or a file cannot be read. */
export function readBusSettings(
  address: Address | undefined,
  secretFile: string | undefined,
  caFile: string | undefined,
  isShared: boolean,
): BusSettings | undefined {
  if (address === undefined) {
    if (secretFile !== undefined || caFile !== undefined)
      throw new ConfigError(
        'HERALD_BUS_SECRET_FILE and HERALD_BUS_CA_FILE say something of HERALD_BUS, which is not set',
      )
    return undefined
  }
  if (!isShared)
    throw new ConfigError('HERALD_BUS: gateways that hear each other share a database: set HERALD_STORE')
  if (secretFile !== undefined && address.secret !== undefined)
    throw new ConfigError('HERALD_BUS and HERALD_BUS_SECRET_FILE both hold a secret')
  if (secretFile !== undefined) readSecretFile('HERALD_BUS_SECRET_FILE', secretFile)
  return {
    ...address,
    secretFile: secretFile === undefined ? undefined : resolve(secretFile),
    ca: caFile === undefined ? undefined : readSecretFile('HERALD_BUS_CA_FILE', caFile),
  }
}

function readSecretFile(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new ConfigError(`${name}: must be a file that can be read; ${file} is not`)
  }
}
