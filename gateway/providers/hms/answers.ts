import { refusedCredentials, refusedPush, retryLater, unknownOutcome } from '../outcomes'
import type { Outcome } from '../provider'
import type { ServiceAnswer } from '../service-call'

const fields = (value: unknown): Record<string, unknown> => ({ ...(value as object) })

/** Our choice: HMS names no time. */
const FLOW_CONTROL_MS = 60_000

/**
 * Why HMS finds a token illegal: Huawei, "Response parameters", code 80100000. None of its reasons means that the app
 * was removed, and most are a fault of the request: a reason that is not listed proves nothing about a token.
 */
const TOKEN_FAULTS: Readonly<Record<string, (why: string) => Outcome>> = {
  tokenFormatError: (why) => ({ type: 'gone', why: `${why}: the token is not one of HMS` }),
  // Huawei: the app has to ask for another token, which it does when its registration is gone.
  tokenPlatformNotSupport: (why) => ({
    type: 'gone',
    why: `${why}: HMS does not push to this kind of token`,
  }),
  noRight: (why) => refusedPush(`${why}: the token is of another project`),
  countryNotSupport: (why) => refusedPush(`${why}: HMS does not push to this country`),
  noPushTypeRight: (why) => refusedCredentials(`${why}: Huawei has not granted the category to the app`),
  appinfoError: (why) => refusedCredentials(`${why}: the app was not created`),
  disableSendHuaweiMsgBecauseOfPenalty: (why) => refusedCredentials(`${why}: Huawei has blocked the app`),
  noRightToSendThisLiveNotificationEvent: (why) =>
    refusedCredentials(`${why}: Huawei has not granted live notifications to the app`),
  atomicUnableSendUnsubscribedMsg: (why) =>
    refusedPush(`${why}: the person has not subscribed to the service`),
  differentImgVerifyPolicy: (why) => refusedPush(`${why}: Huawei does not take the picture`),
  notSupportPlayVoice: (why) => refusedPush(`${why}: the device does not read messages aloud`),
}

type Row = (why: string) => Outcome
const CODES: Readonly<Record<string, Row>> = {
  '80100001': (why) => refusedPush(`${why}: a part of the push is not valid`),
  '80100003': (why) => refusedPush(`${why}: the form of the push is not valid`),
  '80100004': (why) => refusedPush(`${why}: the time to live is not valid`),
  '80100016': (why) => refusedPush(`${why}: Huawei finds the text sensitive`),
  '80200001': (why) => refusedCredentials(`${why}: Huawei does not sign in the service account`),
  '80200003': (why) =>
    refusedCredentials(`${why}: the token has expired: is the clock of this machine right?`),
  '80200005': (why) =>
    refusedCredentials(`${why}: the token has expired: is the clock of this machine right?`),
  '80300002': (why) => refusedCredentials(`${why}: the app may not send this`),
  '80300007': (why) => refusedPush(`${why}: Huawei takes none of the tokens, and does not say why`),
  '80300008': (why) => refusedPush(`${why}: the push is too large`),
  '80300010': (why) => refusedPush(`${why}: the number of tokens is not valid`),
  '80300036': (why) => refusedCredentials(`${why}: the life of the token that signs us in is not valid`),
  '80300037': (why) => refusedCredentials(`${why}: Huawei has blocked the app`),
  '81000001': (why) => retryLater(`${why}: HMS has an internal error`),
}

/** A token that we sign anew is no better, unless it was its time. */
const EXPIRED = ['80200003', '80200005']
/** With 80300007 these are told apart by what `msg` says of the token. */
const ABOUT_TOKENS = ['80100000', '80300007']

/** Whether our token is refused, and another may do. */
export function isStaleToken({ json }: ServiceAnswer): boolean {
  return EXPIRED.includes(codeOf(json))
}

/** Whether HMS refuses the registration token, and so has taken everything else. */
export function isAboutToken(json: unknown): boolean {
  const fault = tokenFault(json)
  return ABOUT_TOKENS.includes(codeOf(json)) && (fault === undefined || fault === 'tokenFormatError')
}

const codeOf = (json: unknown): string => {
  const { code } = fields(json)
  return typeof code === 'string' && /^\d{1,10}$/.test(code) ? code : ''
}

/** `msg` is JSON in text, with the illegal tokens by what is wrong with them. */
function tokenFault(json: unknown): string | undefined {
  try {
    const { illegalTokens } = fields(JSON.parse(String(fields(json).msg)))
    return Object.keys(fields(illegalTokens)).find((name) => Object.hasOwn(TOKEN_FAULTS, name))
  } catch {
    return undefined // plain words
  }
}

/** @param now ms since 1970 */
export function toOutcome({ status, json }: ServiceAnswer, now: number): Outcome {
  const code = codeOf(json)
  if (status === 200 && code === '80000000') {
    const { requestId } = fields(json)
    return { type: 'accepted', ...(typeof requestId === 'string' && { ref: requestId }) }
  }
  // Flow control and what proxies answer comes without a code, or with one that says no more.
  if (status === 503) {
    return { type: 'quota', why: '503: HMS limits how much the app sends', until: now + FLOW_CONTROL_MS }
  }
  const fault = ABOUT_TOKENS.includes(code) ? tokenFault(json) : undefined
  const row =
    (fault === undefined ? undefined : TOKEN_FAULTS[fault]) ??
    (Object.hasOwn(CODES, code) ? CODES[code] : undefined)
  if (row !== undefined) return row(fault === undefined ? code : `${code} ${fault}`)
  // HMS answers errors with 200 too. A code says that the push was not taken, known or not.
  if (status === 200 && code !== '') return byFamily(code)
  return byStatus(status, code === '' ? String(status) : code)
}

/** Codes that nobody has written down, by those of the same beginning: 802 signing in, 81 HMS itself. */
function byFamily(code: string): Outcome {
  if (code.startsWith('802'))
    return refusedCredentials(`${code}: Huawei does not sign in the service account`)
  if (code.startsWith('80')) return refusedPush(`${code}: HMS does not take this push`)
  if (code.startsWith('81')) return retryLater(`${code}: HMS has an internal error`)
  return unknownOutcome(`HMS answered ${code}, which it does not document`)
}

function byStatus(status: number, why: string): Outcome {
  if (status === 401 || status === 403)
    return refusedCredentials(`${why}: Huawei does not sign in the service account`)
  if (status === 404) return refusedCredentials(`${why}: HMS does not know the project`)
  if (status >= 400 && status < 500) return refusedPush(`${why}: HMS does not take this push`)
  if (status >= 500 && status < 600) return retryLater(`${why}: HMS is not available`)
  return unknownOutcome(`HMS answered ${why}, which it does not document`)
}
