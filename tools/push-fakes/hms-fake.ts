/**
 * Huawei's Push Kit v3 (HarmonyOS), as Huawei documents it.
 *
 * ```ts
 * const fake = await startHmsFake({ projectId, accounts: [{ subAccount, keyId, publicKey }],
 *   devices: [{ token }], categories: ['MARKETING'] })
 * fake.pushes; fake.refused; fake.tray(token); fake.badge(token)   // a notifyId replaces
 * fake.setDevice({ token, fault: 'noRight' })                      // 80300007 with that reason
 * fake.setDevice({ token, fault: 'unsaid' })                       // 80300007 in plain words
 * startHmsFake({ …, clientId: '100' }); fake.recalls               // POST /v1/100/messages:revoke
 * fake.limit(2)                                                    // two more pushes, then HTTP 503
 * fake.script({ type: 'reply', reply: hmsAnswer('81000001', 'System inner error.', 500) }, { type: 'hang' })
 * ```
 */
import { constants, randomUUID, verify } from 'node:crypto'
import {
  startFakeService,
  type FakeReply,
  type FakeRequest,
  type Fault as ServiceFault,
  type OnAnswered,
} from './fake-service'
import { Fault, strictly, textOf } from './strict-fields'

export interface HmsAccount {
  readonly subAccount: string
  readonly keyId: string
  /** PEM of the RSA public key. */
  readonly publicKey: string
}

export interface HmsDevice {
  readonly token: string
  /** Why pushes to it are refused: Huawei's word for an illegal token, or `unsaid` for plain words. */
  readonly fault?: string
}

export interface HmsFakeOptions {
  readonly projectId: string
  /** Of the app: recalls come under it. */
  readonly clientId?: string
  readonly accounts: readonly HmsAccount[]
  readonly devices?: readonly HmsDevice[]
  /** Categories that the app was granted. */
  readonly categories?: readonly string[]
  readonly port?: number
  readonly onAnswered?: OnAnswered
  /** ms since 1970. */
  readonly now?: () => number
}

export interface HmsNotification {
  readonly category: string
  readonly title: string
  readonly body: string
  readonly notifyId?: number
  readonly badge?: { readonly setNum?: number }
  readonly clickAction: { readonly actionType: number; readonly data?: Readonly<Record<string, unknown>> }
}

export interface HmsPush {
  readonly requestId: string
  readonly token: string
  readonly ttl: number
  readonly notification: HmsNotification
}

export interface HmsFake {
  readonly url: string
  readonly pushes: readonly HmsPush[]
  /** Recalls that were taken. */
  readonly recalls: readonly { readonly token: string; readonly notifyId: number }[]
  readonly refused: readonly { readonly status: number; readonly code: string }[]
  /** Requests that came, faults included; `token` counts those for one device. */
  sends(token?: string): number
  tray(token: string): readonly HmsPush[]
  badge(token: string): number | undefined
  setDevice(device: HmsDevice): void
  limit(pushes: number): void
  script(...faults: ServiceFault[]): void
  close(): Promise<void>
}

const AUDIENCE = 'https://oauth-login.cloud.huawei.com/oauth2/v3/token'
const MAX_LIFE_S = 3600
/** How far the clocks of the two may be apart, s. */
const SKEW_S = 300
const MAX_BYTES = 4096
const MAX_TTL_S = 1_296_000
const MAX_TOKENS = 1000

/** An answer as HMS words it. */
export const hmsAnswer = (code: string, msg: string, status = 200): FakeReply => ({
  status,
  body: { code, msg, requestId: randomUUID() },
})

/** Starts the fake on a port of the loopback interface. */
export async function startHmsFake(options: HmsFakeOptions): Promise<HmsFake> {
  const now = options.now ?? Date.now
  const devices = new Map(options.devices?.map((device) => [device.token, device]))
  const categories = options.categories ?? ['MARKETING']
  const pushes: HmsPush[] = []
  const recalls: { token: string; notifyId: number; before: number }[] = []
  const refused: { status: number; code: string }[] = []
  let left = Infinity

  const judge = (request: FakeRequest): FakeReply => {
    const isRecall =
      options.clientId !== undefined && request.path === `/v1/${options.clientId}/messages:revoke`
    const isSend = request.path === `/v3/${options.projectId}/messages:send`
    if (request.method !== 'POST' || !(isSend || isRecall)) return hmsAnswer('404', 'service not found', 404)
    const jwt = /^Bearer (\S+)$/.exec(textOf(request.headers.authorization))?.[1] ?? ''
    const fault = tokenFault(jwt, options.accounts, now())
    if (fault !== undefined) return hmsAnswer(...fault, 401)
    if (request.headers['push-type'] !== '0') return hmsAnswer('80100003', 'Illegal payload, push-type', 400)
    if (isRecall) {
      const { tokens, notifyId } = readRecall(request.body)
      recalls.push(...tokens.map((token) => ({ token, notifyId, before: pushes.length })))
      return hmsAnswer('80000000', 'Success')
    }
    const { tokens, notification, ttl } = readBody(request.body)
    const illegal = illegalTokens(tokens, notification, devices, categories)
    if (illegal !== undefined) {
      const msg = { success: 0, failure: 1, illegalTokens: illegal }
      return hmsAnswer('80300007', illegal === 'unsaid' ? 'all tokens are invalid' : JSON.stringify(msg), 400)
    }
    if (left <= 0) return { status: 503, body: 'flow control' }
    left -= 1
    const requestId = randomUUID()
    pushes.push(...tokens.map((token) => ({ requestId, token, ttl, notification })))
    return { status: 200, body: { code: '80000000', msg: 'Success', requestId } }
  }

  const service = await startFakeService(
    (request) => {
      const reply = judgeStrictly(judge, request)
      const { code } = { ...(reply.body as { code?: string }) }
      if (code !== '80000000') refused.push({ status: reply.status, code: code ?? '' })
      return reply
    },
    { port: options.port, onAnswered: options.onAnswered },
  )
  const ofToken = (token: string) => pushes.filter((push) => push.token === token)
  /** Huawei: a recall takes back what has not arrived, and what is shown; the badge stays. */
  const isRecalled = (push: HmsPush): boolean =>
    recalls.some(
      ({ token, notifyId, before }) =>
        token === push.token && notifyId === push.notification.notifyId && pushes.indexOf(push) < before,
    )

  return {
    url: service.url,
    pushes,
    recalls,
    refused,
    sends: (token) =>
      service.requests.filter(({ body }) => token === undefined || body.includes(`"${token}"`)).length,
    tray: (token) => {
      const shown = ofToken(token).map(
        (push) => [push.notification.notifyId ?? push.requestId, push] as const,
      )
      return [...new Map(shown).values()].filter((push) => !isRecalled(push))
    },
    badge: (token) => ofToken(token).at(-1)?.notification.badge?.setNum,
    setDevice: (device) => void devices.set(device.token, device),
    limit: (count) => void (left = count),
    script: (...faults) => faults.forEach((fault) => service.fail(fault)),
    close: () => service.close(),
  }
}

function judgeStrictly(judge: (request: FakeRequest) => FakeReply, request: FakeRequest): FakeReply {
  try {
    return judge(request)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const code = error.message.includes('too large') ? '80300008' : '80100003'
    return hmsAnswer(code, `Illegal payload, ${error.message}`, 400)
  }
}

type Illegal = 'unsaid' | Record<string, readonly string[]>

function illegalTokens(
  tokens: readonly string[],
  { category }: HmsNotification,
  devices: ReadonlyMap<string, HmsDevice>,
  categories: readonly string[],
): Illegal | undefined {
  for (const token of tokens) {
    const device = devices.get(token)
    if (device === undefined) return { tokenFormatError: [token] }
    if (device.fault === 'unsaid') return 'unsaid'
    if (device.fault !== undefined) return { [device.fault]: [token] }
  }
  return categories.includes(category) ? undefined : { noPushTypeRight: tokens }
}

/** Huawei, "Message recall" (push-msg-revoke). */
function readRecall(body: string): { tokens: string[]; notifyId: number } {
  const request = strictly.json(body)
  strictly.only(request, ['notifyId', 'token'], 'body')
  return {
    tokens: readTokens(request.token),
    notifyId: strictly.integer(request.notifyId, 'notifyId', 0, 2 ** 31 - 1),
  }
}

function readTokens(given: unknown): string[] {
  const tokens = Array.isArray(given) ? given.map((one) => strictly.text(one, 'token', MAX_BYTES)) : []
  if (tokens.length === 0 || tokens.length > MAX_TOKENS) throw new Fault(`${tokens.length} tokens`)
  return tokens
}

/** Huawei, "Request body structure" and "Request parameters". */
function readBody(body: string): { tokens: string[]; notification: HmsNotification; ttl: number } {
  const request = strictly.json(body)
  strictly.only(request, ['payload', 'target', 'pushOptions'], 'body')
  const { target, ...rest } = request
  // The tokens are not counted.
  if (Buffer.byteLength(JSON.stringify(rest)) > MAX_BYTES) throw new Fault('the message is too large')
  const payload = strictly.fields(request.payload, 'payload')
  strictly.only(payload, ['notification'], 'payload')
  const notification = strictly.fields(payload.notification, 'notification')
  const known = ['category', 'title', 'body', 'image', 'style', 'notifyId', 'appMessageId', 'profileId']
  strictly.only(notification, [...known, 'clickAction', 'badge', 'foregroundShow', 'sound'], 'notification')
  for (const name of ['category', 'title', 'body']) strictly.text(notification[name], name, MAX_BYTES)
  strictly.integer(notification.notifyId ?? 0, 'notifyId', 0, 2 ** 31 - 1)
  const click = strictly.fields(notification.clickAction, 'clickAction')
  strictly.integer(click.actionType, 'actionType', 0, 1)
  if (click.data !== undefined) strictly.fields(click.data, 'clickAction.data')
  const badge = strictly.fields(notification.badge ?? {}, 'badge')
  strictly.integer(badge.setNum ?? 0, 'badge setNum', 0, 99)
  const options = strictly.fields(request.pushOptions ?? {}, 'pushOptions')
  strictly.only(options, ['testMessage', 'ttl', 'biTag', 'receiptId', 'collapseKey'], 'pushOptions')
  const ttl = strictly.integer(options.ttl ?? 86_400, 'ttl', 1, MAX_TTL_S)
  const { token } = strictly.fields(target, 'target')
  return { tokens: readTokens(token), notification: notification as unknown as HmsNotification, ttl }
}

/** Huawei, "Generating a JWT based on a service account". Which code stands for which fault is partly assumed. */
function tokenFault(jwt: string, accounts: readonly HmsAccount[], now: number): [string, string] | undefined {
  const [header = '', claims = '', signature = ''] = jwt.split('.')
  const read = (part: string): Record<string, unknown> => {
    try {
      return { ...(JSON.parse(Buffer.from(part, 'base64url').toString()) as object) }
    } catch {
      return {} // no JWT: nothing in it fits
    }
  }
  const { alg, kid, typ } = read(header)
  const { iss, aud, iat, exp } = read(claims)
  const account = accounts.find(({ subAccount, keyId }) => subAccount === iss && keyId === kid)
  const refused: [string, string] = ['80200001', 'Oauth authentication error.']
  if (alg !== 'PS256' || typ !== 'JWT' || aud !== AUDIENCE || account === undefined) return refused
  const key = { key: account.publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
  if (!verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url')))
    return refused
  if (typeof iat !== 'number' || typeof exp !== 'number') return refused
  if (exp - iat > MAX_LIFE_S || iat > now / 1000 + SKEW_S) return refused
  return exp < now / 1000 ? ['80200005', 'Jwt token expired'] : undefined
}
