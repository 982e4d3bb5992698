import { describe, expect, test } from 'vitest'
import { ApiError, codeOf } from '@/services/api/api-error'
import { GatewayApi } from '@/services/api/gateway-api'
import { HostNotListed, type HttpAnswer, type HttpRequest } from '@/services/api/http'
import { uniHttp, type UniRequest } from '@/services/api/uni-http'
import { feedState, messages } from '../messages'

const info = {
  id: 't1',
  user: 'me',
  label: '',
  scopes: { publish: [], read: true, admin: false },
  created: 1,
  expires: null,
}

function api(answer: HttpAnswer | Error, token: string | null = 'secret') {
  const requests: HttpRequest[] = []
  const refused: string[] = []
  const send = (request: HttpRequest): Promise<HttpAnswer> => {
    requests.push(request)
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
  }
  return {
    api: new GatewayApi(
      send,
      'https://gateway',
      () => token,
      (code) => refused.push(code),
    ),
    requests,
    refused,
  }
}

const json = (status: number, body: unknown): HttpAnswer => ({ status, text: JSON.stringify(body) })
const refusal = (status: number, code: string, retryable = false): HttpAnswer =>
  json(status, { error: { code, message: 'said why', retryable } })

async function failure(work: Promise<unknown>): Promise<ApiError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof ApiError)) throw new Error('expected an ApiError')
  return error
}

describe('requests', () => {
  test('carry the token in a header, never in the address', async () => {
    const { api: gateway, requests } = api(
      json(200, { user: { id: 'me', name: 'Me' }, token: info, feeds: [] }),
    )
    await gateway.me()
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://gateway/v1/me',
      headers: { Authorization: 'Bearer secret' },
    })
  })

  test('of a sign-in carry none', async () => {
    const { api: gateway, requests } = api(
      json(201, { token: 'x', info, user: { id: 'me', name: 'Me' } }),
      null,
    )
    await gateway.signIn('0123456789', 'Phone')
    expect(requests[0]?.headers).not.toHaveProperty('Authorization')
    expect(requests[0]?.body).toEqual({ code: '0123456789', label: 'Phone' })
  })

  test('encode feed names and ask for pages', async () => {
    const { api: gateway, requests } = api(
      json(200, { feed: 'topic:ci', epoch: 'e1', from: 1, head: 9, messages: messages('topic:ci', 1, 2) }),
    )
    await gateway.history('topic:ci', { before: 9 }, 50)
    expect(requests[0]?.url).toBe('https://gateway/v1/feeds/topic%3Aci/messages?before=9&limit=50')
  })

  test('follow, mute and unfollow', async () => {
    const { api: gateway, requests } = api(json(200, feedState('topic:ci', 3)))
    await gateway.follow('topic:ci')
    await gateway.follow('topic:ci', true)
    expect(requests.map(({ method, body }) => [method, body])).toEqual([
      ['PUT', {}],
      ['PUT', { muted: true }],
    ])
    const left = api({ status: 204, text: '' })
    await left.api.unfollow('topic:ci')
    expect(left.requests[0]).toMatchObject({ method: 'DELETE', body: undefined })
  })
})

describe('failures', () => {
  test('a code of the catalogue comes through, with whether to try again', async () => {
    const error = await failure(api(refusal(429, 'rate_limited', true)).api.me())
    expect(error).toMatchObject({ code: 'rate_limited', retryable: true, message: 'said why' })
  })

  test.each(['token_invalid', 'token_expired', 'token_revoked'])(
    '%s is reported: the session is over',
    async (code) => {
      const { api: gateway, refused } = api(refusal(401, code))
      await failure(gateway.me())
      expect(refused).toEqual([code])
    },
  )

  test('other refusals do not end the session', async () => {
    const { api: gateway, refused } = api(refusal(403, 'read_forbidden'))
    await failure(gateway.me())
    expect(refused).toEqual([])
  })

  test.each<[string, HttpAnswer | Error, string]>([
    ['no answer', new Error('timeout'), 'server_unreachable'],
    ['a host that WeChat does not let through', new HostNotListed(), 'host_not_listed'],
    [
      'a proxy before a gateway that is down',
      { status: 502, text: '<html>Bad gateway</html>' },
      'server_unreachable',
    ],
    ['a web page', { status: 200, text: '<!doctype html>' }, 'not_herald'],
    ['JSON of something else', json(200, { hello: 'world' }), 'not_herald'],
    ['a page that was not found', { status: 404, text: 'Not found' }, 'not_herald'],
    ['a code of a newer gateway', refusal(418, 'teapot'), 'internal'],
    ['nothing in a success', { status: 200, text: '' }, 'not_herald'],
  ])('%s: %s', async (_name, answer, code) => {
    expect((await failure(api(answer).api.me())).code).toBe(code)
  })

  test('anything else that is thrown is a fault of this app', () => {
    expect(codeOf(new TypeError('x'))).toBe('internal')
  })
})

describe('uni.request', () => {
  const request = {
    method: 'POST',
    url: 'https://x/v1',
    headers: { A: 'b' },
    body: { c: 1 },
    timeoutMs: 5,
  } as const

  test('gets JSON text, and gives the answer as text whatever its status', async () => {
    let asked: Parameters<UniRequest>[0] | undefined
    const send = uniHttp((options) => {
      asked = options
      options.success({ statusCode: 503, data: '{"error":1}' })
      return undefined
    })
    expect(await send(request)).toEqual({ status: 503, text: '{"error":1}' })
    expect(asked).toMatchObject({
      method: 'POST',
      data: '{"c":1}',
      timeout: 5,
      header: { A: 'b', 'Content-Type': 'application/json' },
    })
  })

  test('that parsed the JSON all the same is put back into text', async () => {
    const send = uniHttp((options) => {
      options.success({ statusCode: 200, data: { a: 1 } })
      return undefined
    })
    expect((await send(request)).text).toBe('{"a":1}')
  })

  test('rejects when no answer came', async () => {
    const send = uniHttp((options) => {
      options.fail({ errMsg: 'request:fail timeout' })
      return undefined
    })
    await expect(send(request)).rejects.toThrow('no answer')
  })

  test('tells a host that is not on the list of server domains from one that does not answer', async () => {
    const send = uniHttp((options) => {
      options.fail({ errMsg: 'request:fail url not in domain list' })
      return undefined
    })
    await expect(send(request)).rejects.toBeInstanceOf(HostNotListed)
  })

  test('sends no body and no type with a GET', async () => {
    let asked: Parameters<UniRequest>[0] | undefined
    const send = uniHttp((options) => {
      asked = options
      options.success({ statusCode: 200, data: '' })
      return undefined
    })
    await send({ method: 'GET', url: 'https://x', headers: {}, timeoutMs: 5 })
    expect(asked).not.toHaveProperty('data')
    expect(asked?.header).toEqual({})
  })
})
