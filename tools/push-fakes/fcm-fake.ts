/**
 * FCM HTTP v1 and the token endpoint of Google's sign-in, as Google documents them.
 *
 * ```ts
 * const fake = await startFcmFake({ projectId, accounts: [{ clientEmail, keyId, publicKey }],
 *   devices: [{ token, packageName: 'com.example.app' }] })
 * // token endpoint: `${fake.url}/token`; messages: `${fake.url}/v1/projects/${projectId}/messages:send`
 * fake.pushes; fake.refused; fake.tray(token)          // a tag replaces
 * fake.setDevice({ token, packageName, gone: true })   // 404 UNREGISTERED
 * fake.limit(2, 30)                                    // two more pushes, then 429 with Retry-After: 30
 * fake.limitDevice(token, 2)                           // two more to this device, then 429 for it alone
 * fake.setOnline(token, false)                         // keeps what comes as FCM does: of notifications the newest
 * fake.revoke()                                        // all access tokens given so far are void
 * fake.script({ type: 'reply', reply: fcmError(503, 'UNAVAILABLE') }, { type: 'hang' })   // the next two pushes
 * ```
 */
import { randomUUID, verify } from 'node:crypto'
import { FcmInbox } from './fcm-inbox'
import { refuseMessage, type FcmMessage } from './fcm-message-rules'
import {
  startFakeService,
  type FakeReply,
  type FakeRequest,
  type Fault,
  type OnAnswered,
} from './fake-service'

export interface FcmAccount {
  readonly clientEmail: string
  readonly keyId: string
  /** PEM of the RSA public key. */
  readonly publicKey: string
}

export interface FcmDevice {
  readonly token: string
  readonly packageName: string
  readonly gone?: boolean
  /** The token was given for another project. */
  readonly otherSender?: boolean
}

export interface FcmFakeOptions {
  readonly projectId: string
  readonly accounts: readonly FcmAccount[]
  readonly devices?: readonly FcmDevice[]
  readonly port?: number
  readonly onAnswered?: OnAnswered
  /** ms since 1970. */
  readonly now?: () => number
}

export interface FcmPush {
  readonly name: string
  readonly message: FcmMessage
}

export interface FcmFake {
  readonly url: string
  readonly pushes: readonly FcmPush[]
  /** Refusals, of the token endpoint too: status and code. */
  readonly refused: readonly { readonly status: number; readonly code: string }[]
  /** Requests to send that came, validations and faults included. */
  readonly sends: number
  /** Access tokens that were asked for. */
  readonly signIns: number
  tray(token: string): readonly FcmPush[]
  setDevice(device: FcmDevice): void
  limit(pushes: number, retryAfterS: number): void
  limitDevice(token: string, pushes: number): void
  /** What an offline device gets when it is back: the newest notification message, and up to 100 of data alone. */
  setOnline(token: string, online: boolean): void
  revoke(): void
  /** For the next pushes, in order; validations do not count. */
  script(...faults: Fault[]): void
  /** For the next requests for an access token. */
  scriptSignIn(...faults: Fault[]): void
  close(): Promise<void>
}

const AUDIENCE = 'https://oauth2.googleapis.com/token'
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const TOKEN_S = 3599
const MAX_ASSERTION_S = 3600
/** How far the clocks of the two may be apart, s. */
const SKEW_S = 300

/** An error as FCM words it; with `code` it has a detail of type FcmError. */
export function fcmError(status: number, canonical: string, code?: string, message = canonical): FakeReply {
  const type = 'type.googleapis.com/google.firebase.fcm.v1.FcmError'
  const details = code === undefined ? [] : [{ '@type': type, errorCode: code }]
  return { status, body: { error: { code: status, message, status: canonical, details } } }
}

/** Over a limit, and whose: google.rpc.QuotaFailure. */
export function fcmQuota(subject: string): FakeReply {
  const details = [
    { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: 'QUOTA_EXCEEDED' },
    {
      '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
      violations: [{ subject, description: 'over' }],
    },
  ]
  const message = 'Quota exceeded.'
  return { status: 429, body: { error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details } } }
}

const isSend = ({ path }: FakeRequest): boolean => path.endsWith('/messages:send')
const isPush = (request: FakeRequest): boolean =>
  isSend(request) && !request.body.includes('"validate_only":true')

/** Starts the fake on a port of the loopback interface. */
export async function startFcmFake(options: FcmFakeOptions): Promise<FcmFake> {
  const now = options.now ?? Date.now
  const devices = new Map(options.devices?.map((device) => [device.token, device]))
  const pushes: FcmPush[] = []
  const refused: { status: number; code: string }[] = []
  const accessTokens = new Map<string, number>()
  const deviceLimits = new Map<string, number>()
  const inbox = new FcmInbox(now)
  let limit: { left: number; retryAfterS: number } | undefined

  const refuse = (reply: FakeReply): FakeReply => {
    const { error } = reply.body as { error: string | { status: string; details?: { errorCode?: string }[] } }
    const code = typeof error === 'string' ? error : (error.details?.[0]?.errorCode ?? error.status)
    refused.push({ status: reply.status, code })
    return reply
  }

  const send = (request: FakeRequest): FakeReply => {
    const bearer = /^Bearer (\S+)$/.exec(String(request.headers.authorization))?.[1] ?? ''
    if ((accessTokens.get(bearer) ?? 0) <= now()) return refuse(fcmError(401, 'UNAUTHENTICATED'))
    if (request.path !== `/v1/projects/${options.projectId}/messages:send`) {
      return refuse(fcmError(403, 'PERMISSION_DENIED'))
    }
    const read = refuseMessage(request.body, devices)
    if ('refusal' in read) return refuse(fcmError(...read.refusal))
    if (read.validateOnly)
      return { status: 200, body: { name: `projects/${options.projectId}/messages/fake_message_id` } }
    if (limit !== undefined && limit.left <= 0) {
      const reply = fcmQuota(`project:${options.projectId}`)
      return refuse({ ...reply, headers: { 'retry-after': String(limit.retryAfterS) } })
    }
    if (!spend(deviceLimits, read.message.token)) return refuse(fcmQuota('device'))
    if (limit !== undefined) limit.left -= 1
    const name = `projects/${options.projectId}/messages/${randomUUID()}`
    pushes.push({ name, message: read.message })
    inbox.take({ name, message: read.message })
    return { status: 200, body: { name } }
  }

  const signIn = ({ body, headers }: FakeRequest): FakeReply => {
    const form = new URLSearchParams(body)
    const isForm = String(headers['content-type']).startsWith('application/x-www-form-urlencoded')
    if (!isForm || form.get('grant_type') !== GRANT) {
      return refuse({ status: 400, body: { error: 'unsupported_grant_type' } })
    }
    const fault = assertionFault(form.get('assertion') ?? '', options.accounts, now())
    if (fault !== undefined)
      return refuse({ status: 400, body: { error: 'invalid_grant', error_description: fault } })
    const token = `ya29.${randomUUID()}`
    accessTokens.set(token, now() + TOKEN_S * 1000)
    return { status: 200, body: { access_token: token, expires_in: TOKEN_S, token_type: 'Bearer' } }
  }

  const service = await startFakeService(
    (request) => {
      if (request.method !== 'POST') return refuse(fcmError(404, 'NOT_FOUND'))
      if (request.path === '/token') return signIn(request)
      return isSend(request) ? send(request) : refuse(fcmError(404, 'NOT_FOUND'))
    },
    { port: options.port, onAnswered: options.onAnswered },
  )

  return {
    url: service.url,
    pushes,
    refused,
    get sends() {
      return service.requests.filter(isPush).length
    },
    get signIns() {
      return service.requests.filter(({ path }) => path === '/token').length
    },
    tray: (token) => trayOf(inbox.delivered, token),
    setDevice: (device) => void devices.set(device.token, device),
    limit: (left, retryAfterS) => void (limit = { left, retryAfterS }),
    limitDevice: (token, left) => void deviceLimits.set(token, left),
    setOnline: (token, online) => inbox.setOnline(token, online),
    revoke: () => accessTokens.clear(),
    script: (...faults) => faults.forEach((fault) => service.fail(fault, isPush)),
    scriptSignIn: (...faults) =>
      faults.forEach((fault) => service.fail(fault, ({ path }) => path === '/token')),
    close: () => service.close(),
  }
}

/** Takes one of what a device may still get; false when nothing is left. */
function spend(limits: Map<string, number>, token: string): boolean {
  const left = limits.get(token) ?? Infinity
  limits.set(token, left - 1)
  return left > 0
}

/** What a device shows: the newest of each tag. */
function trayOf(pushes: readonly FcmPush[], token: string): FcmPush[] {
  const shown = pushes.filter(({ message }) => message.token === token && message.notification !== undefined)
  const byTag = new Map(shown.map((push) => [push.message.android?.notification?.tag ?? push.name, push]))
  return [...byTag.values()]
}

/** What is wrong with a signed request for a token: Google, "Using OAuth 2.0 for server to server applications". */
function assertionFault(assertion: string, accounts: readonly FcmAccount[], now: number): string | undefined {
  const [header = '', claims = '', signature = ''] = assertion.split('.')
  const read = (part: string): Record<string, unknown> => {
    try {
      return { ...(JSON.parse(Buffer.from(part, 'base64url').toString()) as object) }
    } catch {
      return {} // no JWT: nothing in it fits
    }
  }
  const { alg, kid } = read(header)
  const { iss, scope, aud, iat, exp } = read(claims)
  // Google's own library sends no `kid`: the issuer's keys are tried then.
  const account = accounts.find(
    ({ clientEmail, keyId }) => clientEmail === iss && (kid === undefined || keyId === kid),
  )
  const signed = Buffer.from(`${header}.${claims}`)
  if (alg !== 'RS256' || account === undefined) return 'Invalid JWT: unknown issuer or key'
  if (!verify('sha256', signed, account.publicKey, Buffer.from(signature, 'base64url'))) {
    return 'Invalid JWT Signature.'
  }
  // Google's own library asks for several at once (RFC 6749 §3.3).
  const scopes = typeof scope === 'string' ? scope.split(' ') : []
  if (aud !== AUDIENCE || !scopes.includes(SCOPE)) return 'Invalid JWT: audience or scope'
  const s = now / 1000
  const timely =
    typeof iat === 'number' &&
    typeof exp === 'number' &&
    iat <= s + SKEW_S &&
    exp > s - SKEW_S &&
    exp - iat <= MAX_ASSERTION_S
  return timely
    ? undefined
    : 'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.'
}
