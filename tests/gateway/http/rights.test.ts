import type { ErrorCode } from '@herald/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { apiRoutes } from '../../../gateway/http/api'
import { openRateLimits } from '../../../gateway/http/rate-limits'
import { expectError, openTestGateway, type Method, type TestGateway } from './test-gateway'

/** What a kind of token gets: `in` (past the guard, whatever then happens) or the error that keeps it out. */
type Verdict = 'in' | ErrorCode
type Kind = keyof TestGateway['tokens']
type Verdicts = Readonly<Record<Kind, Verdict>>

const never = { expired: 'token_expired', revoked: 'token_revoked', unknown: 'token_invalid' } as const

/** For routes that act as the token's user. */
const forUsers: Verdicts = {
  ...never,
  admin: 'read_forbidden',
  publisher: 'read_forbidden',
  publisherOfAll: 'read_forbidden',
  reader: 'in',
  bob: 'in',
}

/** For routes that administer. */
const forAdmins: Verdicts = {
  ...never,
  admin: 'in',
  publisher: 'admin_required',
  publisherOfAll: 'admin_required',
  reader: 'admin_required',
  bob: 'admin_required',
}

const forPublishers = (narrow: Verdict): Verdicts => ({
  ...never,
  admin: 'publish_forbidden',
  publisher: narrow,
  publisherOfAll: 'in',
  reader: 'publish_forbidden',
  bob: 'publish_forbidden',
})

/** For routes that look at the token themselves. */
const forTokens: Verdicts = {
  ...never,
  admin: 'in',
  publisher: 'in',
  publisherOfAll: 'in',
  reader: 'in',
  bob: 'in',
}

const everyone = Object.fromEntries(
  [...Object.keys(never), 'admin', 'publisher', 'publisherOfAll', 'reader', 'bob'].map((kind) => [
    kind,
    'in',
  ]),
) as Verdicts

interface Row {
  readonly route: string
  readonly url: string
  readonly verdicts: Verdicts
  readonly body?: object
  readonly withoutToken?: Verdict
}

const rows: readonly Row[] = [
  {
    route: 'POST /v1/feeds/{feed}/messages',
    url: '/v1/feeds/topic:ops/messages',
    body: { body: 'x' },
    verdicts: forPublishers('in'),
  },
  {
    route: 'POST /v1/feeds/{feed}/messages',
    url: '/v1/feeds/topic:ops2/messages',
    body: { body: 'x' },
    verdicts: forPublishers('publish_forbidden'),
  },
  {
    route: 'POST /v1/feeds/{feed}/messages',
    url: '/v1/feeds/user:ann/messages',
    body: { body: 'x' },
    verdicts: forPublishers('publish_forbidden'),
  },
  {
    route: 'POST /v1/feeds/{feed}/messages',
    url: '/v1/feeds/all/messages',
    body: { body: 'x' },
    verdicts: forPublishers('publish_forbidden'),
  },
  ...['topic:ops', 'all'].map((feed) => ({
    route: 'PUT /v1/feeds/{feed}/messages',
    url: `/v1/feeds/${feed}/messages`,
    body: { body: 'x' },
    verdicts: forPublishers(feed === 'all' ? 'publish_forbidden' : 'in'),
  })),
  { route: 'GET /v1/feeds/{feed}/messages', url: '/v1/feeds/topic:ops/messages', verdicts: forUsers },
  { route: 'GET /v1/feeds/{feed}/messages', url: '/v1/feeds/all/messages', verdicts: forUsers },
  {
    route: 'GET /v1/feeds/{feed}/messages',
    url: '/v1/feeds/user:ann/messages',
    verdicts: { ...forUsers, bob: 'read_forbidden' },
  },
  { route: 'GET /v1/messages/{id}', url: '/v1/messages/x', verdicts: forUsers },
  { route: 'GET /v1/feeds', url: '/v1/feeds', verdicts: forUsers },
  { route: 'GET /v1/me', url: '/v1/me', verdicts: forUsers },
  { route: 'PUT /v1/me/feeds/{feed}', url: '/v1/me/feeds/topic:ops', verdicts: forUsers },
  {
    route: 'PUT /v1/me/feeds/{feed}',
    url: '/v1/me/feeds/user:ann',
    verdicts: { ...forUsers, bob: 'read_forbidden' },
  },
  { route: 'DELETE /v1/me/feeds/{feed}', url: '/v1/me/feeds/topic:ops', verdicts: forUsers },
  {
    route: 'POST /v1/me/read',
    url: '/v1/me/read',
    body: { feed: 'user:ann', epoch: 'x', ranges: [[1, 1]] },
    verdicts: { ...forUsers, bob: 'read_forbidden' },
  },
  { route: 'POST /v1/me/sign-in-codes', url: '/v1/me/sign-in-codes', verdicts: forUsers },
  { route: 'POST /v1/me/test', url: '/v1/me/test', verdicts: forUsers },
  { route: 'POST /v1/users/{id}/test', url: '/v1/users/nobody/test', verdicts: forAdmins },
  { route: 'GET /v1/push', url: '/v1/push', verdicts: forUsers },
  {
    route: 'PUT /v1/me/devices/{id}',
    url: '/v1/me/devices/some-device',
    body: { platform: 'h5' },
    verdicts: forUsers,
  },
  { route: 'DELETE /v1/me/devices/{id}', url: '/v1/me/devices/some-device', verdicts: forUsers },
  {
    route: 'PUT /v1/me/devices/{id}/xmpp',
    url: '/v1/me/devices/some-device/xmpp',
    body: { account: 'account-1', domain: 'chat.example' },
    verdicts: forUsers,
  },
  {
    route: 'DELETE /v1/me/devices/{id}/xmpp',
    url: '/v1/me/devices/some-device/xmpp?account=account-1',
    verdicts: forUsers,
  },
  { route: 'GET /v1/me/sessions', url: '/v1/me/sessions', verdicts: forUsers },
  { route: 'DELETE /v1/me/sessions/{id}', url: '/v1/me/sessions/t_none', verdicts: forUsers },
  // A device id that nothing has: nobody's session may end here.
  {
    route: 'DELETE /v1/me/sessions',
    url: '/v1/me/sessions?device=no',
    verdicts: forUsers,
  },
  { route: 'GET /v1/users/{id}/sessions', url: '/v1/users/ann/sessions', verdicts: forAdmins },
  {
    route: 'DELETE /v1/users/{id}/sessions/{session}',
    url: '/v1/users/ann/sessions/t_none',
    verdicts: forAdmins,
  },
  { route: 'DELETE /v1/users/{id}/sessions', url: '/v1/users/nobody/sessions', verdicts: forAdmins },
  { route: 'GET /v1/messages/{id}/deliveries', url: '/v1/messages/x/deliveries', verdicts: forTokens },
  { route: 'GET /v1/dead-letters', url: '/v1/dead-letters', verdicts: forAdmins },
  { route: 'POST /v1/dead-letters/replay', url: '/v1/dead-letters/replay', verdicts: forAdmins },
  { route: 'GET /v1/users/{id}/nudges', url: '/v1/users/ann/nudges', verdicts: forAdmins },
  { route: 'POST /v1/chat-servers/check', url: '/v1/chat-servers/check', verdicts: forAdmins },
  { route: 'GET /v1/providers', url: '/v1/providers', verdicts: forAdmins },
  { route: 'POST /v1/providers/check', url: '/v1/providers/check', verdicts: forAdmins },
  {
    route: 'POST /v1/sign-in',
    url: '/v1/sign-in',
    body: { code: 'unknown-code' },
    verdicts: everyone,
    withoutToken: 'in',
  },
  {
    route: 'POST /v1/sign-in/peek',
    url: '/v1/sign-in/peek',
    body: { code: 'unknown-code' },
    verdicts: everyone,
    withoutToken: 'in',
  },
  { route: 'POST /v1/users', url: '/v1/users', body: { id: 'ann' }, verdicts: forAdmins },
  { route: 'GET /v1/users', url: '/v1/users', verdicts: forAdmins },
  { route: 'DELETE /v1/users/{id}', url: '/v1/users/nobody', verdicts: forAdmins },
  { route: 'POST /v1/users/{id}/disable', url: '/v1/users/nobody/disable', verdicts: forAdmins },
  { route: 'POST /v1/users/{id}/enable', url: '/v1/users/nobody/enable', verdicts: forAdmins },
  { route: 'GET /v1/users/{id}/sign-in-codes', url: '/v1/users/ann/sign-in-codes', verdicts: forAdmins },
  {
    route: 'DELETE /v1/users/{id}/sign-in-codes/{code}',
    url: '/v1/users/ann/sign-in-codes/c_none',
    verdicts: forAdmins,
  },
  {
    route: 'DELETE /v1/users/{id}/sign-in-codes',
    url: '/v1/users/ann/sign-in-codes',
    verdicts: forAdmins,
  },
  { route: 'POST /v1/users/{id}/sign-in-codes', url: '/v1/users/ann/sign-in-codes', verdicts: forAdmins },
  {
    route: 'POST /v1/users/{id}/tokens',
    url: '/v1/users/ann/tokens',
    body: { read: true },
    verdicts: forAdmins,
  },
  { route: 'GET /v1/users/{id}/tokens', url: '/v1/users/ann/tokens', verdicts: forAdmins },
  { route: 'POST /v1/tokens', url: '/v1/tokens', body: { publish: ['all'] }, verdicts: forAdmins },
  { route: 'GET /v1/tokens', url: '/v1/tokens', verdicts: forAdmins },
  { route: 'DELETE /v1/tokens/{id}', url: '/v1/tokens/somebody-elses', verdicts: forAdmins },
  { route: 'GET /v1/status', url: '/v1/status', verdicts: forAdmins },
  { route: 'POST /v1/epochs', url: '/v1/epochs', verdicts: forAdmins },
]

const keptOut = new Set<string>([
  'read_forbidden',
  'publish_forbidden',
  'admin_required',
  'token_missing',
  ...Object.values(never),
])

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway()
})

afterAll(async () => {
  await gateway.close()
})

async function expectVerdict(row: Row, token: string | undefined, verdict: Verdict): Promise<void> {
  const method = row.route.split(' ')[0] as Method
  const answer = await gateway.call(method, row.url, {
    ...(token && { token }),
    ...(row.body && { body: row.body }),
  })
  if (verdict !== 'in') {
    expectError(answer, verdict)
    return
  }
  const code = answer.body === '' ? undefined : answer.json<{ error?: { code: string } }>().error?.code
  expect(keptOut.has(code ?? ''), `${row.route} answered ${String(code)}`).toBe(false)
  expect(answer.statusCode).toBeLessThan(500)
}

describe('each route lets in whom it should', () => {
  for (const row of rows) {
    it(`${row.route} (${row.url})`, async () => {
      await expectVerdict(row, undefined, row.withoutToken ?? 'token_missing')
      for (const kind of Object.keys(row.verdicts) as Kind[]) {
        await expectVerdict(row, gateway.tokens[kind], row.verdicts[kind])
      }
    })
  }

  it('is asked of every route that there is', () => {
    const services = { ...gateway, authenticate: () => Promise.reject(new Error()) } as never
    const limits = openRateLimits(
      { publish: 0, requests: 0, address: 0, failures: 0, broken: 0 },
      () => undefined,
    )
    const existing = apiRoutes(services, limits).map(({ method, path }) => `${method} ${path}`)
    expect([...new Set(rows.map(({ route }) => route))].sort()).toEqual(existing.sort())
  })
})

describe('the Authorization header', () => {
  const withHeader = (authorization: string) => gateway.call('GET', '/v1/me', { headers: { authorization } })

  it('is case-insensitive in its scheme', async () => {
    expect((await withHeader(`bearer ${gateway.tokens.reader}`)).statusCode).toBe(200)
    expect((await withHeader(`BEARER  ${gateway.tokens.reader} `)).statusCode).toBe(200)
  })

  it.each([['Basic YTpi'], ['Bearer'], ['Bearer a b'], ['Bearer é'], [`Bearer ${'x'.repeat(5000)}`]])(
    'of another kind is refused: %.20s',
    async (header) => {
      expectError(await withHeader(header), 'token_invalid')
    },
  )

  it('is the only place for a token: a query or a cookie is none', async () => {
    expectError(await gateway.call('GET', `/v1/me?token=${gateway.tokens.reader}`), 'token_missing')
    const cookie = `token=${gateway.tokens.reader}`
    expectError(await gateway.call('GET', '/v1/me', { headers: { cookie } }), 'token_missing')
  })

  it('is asked for in the answer to a request without it', async () => {
    expect((await gateway.call('GET', '/v1/me')).headers['www-authenticate']).toBe('Bearer realm="herald"')
  })

  it('is checked before the body is read', async () => {
    const body = 'x'.repeat(200_000)
    expectError(
      await gateway.call('POST', '/v1/users', { body, headers: { 'content-type': 'nonsense' } }),
      'token_missing',
    )
  })
})
