import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import type { Logger } from 'pino'
import { ConfigError } from './config-error'

/** Where certificate and key are: PEM files, the certificate with those that it needs on the way to its root. */
export interface CertificateFiles {
  readonly cert: string
  readonly key: string
}

/** How often it is looked whether the files changed (ms). Not by watching: a renewal may put links and folders in their place. */
const LOOK_MS = 5000

/** When a certificate is near its end, the log says so once a day (ms). */
const NEAR_END_MS = 7 * 86_400_000
const SAY_AGAIN_MS = 86_400_000

interface Pair {
  readonly fingerprint: string
  readonly context: SecureContext
  readonly leaf: X509Certificate
}

/**
 * The certificate that connections are secured with. Renewed files are taken by themselves, without a restart and without a
 * cut; those that cannot be used leave the old ones in place, and the log says what is wrong with them.
 */
export class Certificate {
  readonly #files: CertificateFiles
  readonly #logger: Logger
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #pair: Pair
  /** What was found to be broken at the last look: a renewal that is being written is so for a moment. */
  #broken: string | undefined
  #told: string | undefined
  #toldNearEndAt = -Infinity

  /** Throws ConfigError for files that cannot be used. */
  constructor(files: CertificateFiles, logger: Logger, now: () => number) {
    this.#files = files
    this.#logger = logger
    this.#now = now
    try {
      this.#pair = readPair(read(files))
    } catch (error) {
      throw new ConfigError(`HERALD_TLS_CERT, HERALD_TLS_KEY: ${reasonOf(error)}`)
    }
    this.#sayNearEnd()
    this.#timer = setInterval(() => {
      this.look()
    }, LOOK_MS).unref()
  }

  get context(): SecureContext {
    return this.#pair.context
  }

  /** The address that it is made for; undefined when it names none that can be opened. */
  urlAt(port: number): string | undefined {
    const name = nameOf(this.#pair.leaf)
    return name && `https://${name}${port === 443 ? '' : `:${String(port)}`}`
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Takes the files if they changed and can be used. */
  look(): void {
    this.#sayNearEnd()
    let seen = 'unreadable'
    try {
      const texts = read(this.#files)
      seen = fingerprintOf(texts)
      if (seen !== this.#pair.fingerprint) this.#take(readPair(texts))
      this.#broken = undefined
      this.#told = undefined
    } catch (error) {
      this.#complain(seen, reasonOf(error))
    }
  }

  #take(pair: Pair): void {
    const ends = endOf(pair.leaf)
    if (ends <= this.#now() && endOf(this.#pair.leaf) > ends) throw new Error('the certificate is over')
    this.#pair = pair
    this.#logger.info({ ends: new Date(ends).toISOString() }, 'a renewed TLS certificate is in use')
  }

  /** At the second look, once for each state of the files. */
  #complain(seen: string, reason: string): void {
    if (this.#broken === seen && this.#told !== seen) {
      this.#told = seen
      this.#logger.error({ reason }, 'the TLS certificate cannot be renewed: the old one stays in use')
    }
    this.#broken = seen
  }

  #sayNearEnd(): void {
    const ends = endOf(this.#pair.leaf)
    const now = this.#now()
    if (ends - now > NEAR_END_MS || now - this.#toldNearEndAt < SAY_AGAIN_MS) return
    this.#toldNearEndAt = now
    this.#logger.warn({ ends: new Date(ends).toISOString() }, 'the TLS certificate ends soon, or is over')
  }
}

interface Texts {
  readonly cert: string
  readonly key: string
}

const read = ({ cert, key }: CertificateFiles): Texts => ({
  cert: readFileSync(cert, 'utf8'),
  key: readFileSync(key, 'utf8'),
})

/** Throws when key and certificate are none, or do not belong together. */
function readPair({ cert, key }: Texts): Pair {
  return {
    fingerprint: fingerprintOf({ cert, key }),
    context: createSecureContext({ cert, key, minVersion: 'TLSv1.2' }),
    leaf: new X509Certificate(cert),
  }
}

const fingerprintOf = ({ cert, key }: Texts): string =>
  createHash('sha256').update(cert).update('\0').update(key).digest('hex')

const endOf = (leaf: X509Certificate): number => Date.parse(leaf.validTo)

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The first name of a certificate that stands for one host (RFC 6125 §6.4: the common name is not looked at). */
function nameOf({ subjectAltName = '' }: X509Certificate): string | undefined {
  return subjectAltName
    .split(', ')
    .flatMap((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1] ?? [])
    .filter((name) => !name.includes('*'))
    .map((name) => (isIP(name) === 6 ? `[${name}]` : name))[0]
}
