import { areSameBytes, fromBase64, toBase64, toUtf8 } from './bytes'
import { scramHashes, type Bytes, type ScramHashes } from './scram-hashes'

/** The best last. */
export const SCRAM_MECHANISMS = ['SCRAM-SHA-1', 'SCRAM-SHA-256'] as const
export type ScramMechanism = (typeof SCRAM_MECHANISMS)[number]

/**
 * What takes the place of a password on the device: keys that one server's salt and count make of it. All Base64. Who has
 * them can sign in there, and knows no password.
 */
export interface ScramKeys {
  readonly mechanism: ScramMechanism
  readonly salt: string
  readonly iterations: number
  readonly clientKey: string
  readonly serverKey: string
}

/** Why a server's part is not believed, or what it says that it does not take. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
}

/** A server that asks for fewer is no server of today, or somebody between; one that asks for more wants us busy. */
const MIN_ITERATIONS = 4096
const MAX_ITERATIONS = 1_000_000

const MAX_SALT_BYTES = 256

/** No channel binding (RFC 5802 §7). */
const GS2 = 'n,,'

/** What has to be known of an exchange until its end. */
export interface ScramStart {
  readonly mechanism: ScramMechanism
  readonly bare: string
  readonly nonce: string
  /** What is sent first. */
  readonly message: string
}

/** @param nonce printable, without a comma, and new each time */
export function startScram(mechanism: ScramMechanism, user: string, nonce: string): ScramStart {
  const bare = `n=${prepare(user).replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${nonce}`
  return { mechanism, bare, nonce, message: GS2 + bare }
}

interface Challenge {
  readonly nonce: string
  readonly salt: string
  readonly saltBytes: Bytes
  readonly iterations: number
}

/**
 * The answer to the server's first message. Keys of before are used when they are of the same salt and count; else they
 * are made of the password, which leaves the page alive.
 * @param secret the password, or only the keys: then a server with another salt needs the password anew
 */
export async function answerChallenge(
  start: ScramStart,
  message: string,
  secret: { readonly password?: string; readonly keys?: ScramKeys },
): Promise<{ readonly message: string; readonly keys: ScramKeys; readonly serverSignature: Uint8Array }> {
  const { mechanism } = start
  const challenge = readChallenge(start, message)
  const hashes = await scramHashes(mechanism)
  const keys =
    knownKeys(mechanism, challenge, secret.keys) ??
    (await makeKeys(mechanism, hashes, challenge, secret.password))
  const [clientKey, serverKey] = [fromBase64(keys.clientKey), fromBase64(keys.serverKey)]
  if (!clientKey?.length || !serverKey?.length) throw new ScramError('the keys are damaged')
  const withoutProof = `c=${toBase64(toUtf8(GS2))},r=${challenge.nonce}`
  const signed = toUtf8(`${start.bare},${message},${withoutProof}`)
  const signature = await hashes.hmac(await hashes.hash(clientKey), signed)
  const proof = clientKey.map((byte, at) => byte ^ (signature[at] ?? 0))
  return {
    ...{ message: `${withoutProof},p=${toBase64(proof)}`, keys },
    serverSignature: await hashes.hmac(serverKey, signed),
  }
}

/** Throws unless the server has proven that it knows the password too. */
export function checkServer(message: string, expected: Uint8Array): void {
  const fields = readFields(message)
  const error = fields.get('e')
  if (error !== undefined) throw new ScramError(`the server refuses: ${error}`)
  const signature = fromBase64(fields.get('v') ?? '')
  if (!signature || !areSameBytes(signature, expected))
    throw new ScramError('the server has not proven itself')
}

/**
 * The best mechanism that is offered; undefined when there is none. One that was seen at this account before is not given
 * up for a weaker one: somebody between would offer just that.
 */
export function chooseMechanism(
  offered: readonly string[],
  seen: ScramMechanism | undefined,
): ScramMechanism | undefined {
  const least = seen === undefined ? 0 : SCRAM_MECHANISMS.indexOf(seen)
  return SCRAM_MECHANISMS.filter((name, rank) => rank >= least && offered.includes(name)).at(-1)
}

function readChallenge({ nonce: own }: ScramStart, message: string): Challenge {
  const fields = readFields(message)
  if (fields.has('m')) throw new ScramError('the server wants an extension that nobody knows')
  const [nonce = '', salt = '', count = ''] = ['r', 's', 'i'].map((name) => fields.get(name))
  if (!nonce.startsWith(own) || nonce.length <= own.length)
    throw new ScramError('the nonce is not an answer to ours')
  const saltBytes = fromBase64(salt)
  if (!saltBytes || saltBytes.length === 0 || saltBytes.length > MAX_SALT_BYTES)
    throw new ScramError('the salt is malformed')
  const iterations = /^\d{1,7}$/.test(count) ? Number(count) : 0
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS)
    throw new ScramError(`the server wants ${count.slice(0, 20)} rounds`)
  return { nonce, salt, saltBytes, iterations }
}

function readFields(message: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const part of message.split(',')) {
    const name = part.charAt(0)
    if (part.charAt(1) !== '=' || fields.has(name)) throw new ScramError('the message is malformed')
    fields.set(name, part.slice(2))
  }
  return fields
}

function knownKeys(
  mechanism: ScramMechanism,
  { salt, iterations }: Challenge,
  keys: ScramKeys | undefined,
): ScramKeys | undefined {
  const isSame = keys?.mechanism === mechanism && keys.salt === salt && keys.iterations === iterations
  return isSame ? keys : undefined
}

async function makeKeys(
  mechanism: ScramMechanism,
  { hmac, stretch }: ScramHashes,
  { salt, saltBytes, iterations }: Challenge,
  password: string | undefined,
): Promise<ScramKeys> {
  if (password === undefined) throw new ScramError('the password is needed anew')
  const salted = await stretch(toUtf8(prepare(password)), saltBytes, iterations)
  const keyFor = async (purpose: string): Promise<string> => toBase64(await hmac(salted, toUtf8(purpose)))
  const [clientKey, serverKey] = [await keyFor('Client Key'), await keyFor('Server Key')]
  return { mechanism, salt, iterations, clientKey, serverKey }
}

/** SASLprep (RFC 4013) as far as people type: compatible forms are one, blanks are one, control characters are refused. */
export function prepare(text: string): string {
  const prepared = text
    .replace(/\u00ad|\u200b|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
    .replace(/[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g, ' ')
    .normalize('NFKC')
  for (let at = 0; at < prepared.length; at += 1) {
    const code = prepared.charCodeAt(at)
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) throw new ScramError('a control character stands in it')
  }
  if (prepared === '') throw new ScramError('there is nothing in it')
  return prepared
}
