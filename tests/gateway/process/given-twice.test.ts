import { errors, type ErrorCode } from '@herald/protocol'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type GatewayProcess } from '../../../e2e/gateway-process'

let gateway: GatewayProcess
let reader: string

beforeAll(async () => {
  gateway = await startGateway({ HERALD_STATIC: '' })
  await gateway.request('POST', '/v1/users', { token: gateway.adminToken, body: { id: 'ann' } })
  reader = (await gateway.readToken('ann')).token
})

afterAll(async () => {
  await gateway.dispose()
})

/** Sends one request as it stands, a header for each pair, and resolves with the status and body of its answer. */
async function ask(line: string, headers: readonly [name: string, value: string][], body = '') {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  const all = [['Host', 'localhost'], ['Connection', 'close'], ...headers]
  const length = String(Buffer.byteLength(body))
  socket.write(
    `${line} HTTP/1.1\r\n${all.map((pair) => pair.join(': ')).join('\r\n')}\r\nContent-Length: ${length}\r\n\r\n${body}`,
  )
  const answer = await text(socket)
  const told: unknown = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
  return { status: Number(answer.split(' ')[1]), told: told as { error?: { code: string; message: string } } }
}

const publish = async (headers: readonly [string, string][], query = '') => {
  const all = [['Authorization', `Bearer ${gateway.publishToken}`], ...headers] as [string, string][]
  return ask(`POST /v1/feeds/user:ann/messages${query}`, all, 'a text')
}

const lastMessage = async () => {
  const { body } = await gateway.request('GET', '/v1/feeds/user:ann/messages?limit=1', { token: reader })
  return (body.messages as unknown[])[0]
}

function expectRefused({ status, told }: Awaited<ReturnType<typeof ask>>, code: ErrorCode, name: string) {
  expect(status).toBe(errors[code].status)
  expect(told.error).toMatchObject({ code, message: expect.stringContaining(`${name}: is given twice`) })
}

describe('what is read as one value and is given twice', () => {
  it.each([
    ...['Title', 'X-Title', 't', 'Message', 'Priority', 'p', 'Click', 'Image', 'Markdown', 'TTL'],
    'Idempotency-Key',
  ])('is refused instead of joined: the header %s', async (name) => {
    for (const [one, other] of [
      ['1', '2'],
      ['1', '1'],
    ])
      expectRefused(
        await publish([
          [name, String(one)],
          [name.toLowerCase(), String(other)],
        ]),
        'invalid_header',
        name.toLowerCase(),
      )
  })

  it.each(['Authorization', 'Content-Type', 'Content-Encoding', 'Origin'])(
    'is refused, and not read by its first value: the header %s',
    async (name) => {
      const given: [string, string][] = [
        [name, 'text/plain'],
        [name, 'text/markdown'],
      ]
      expectRefused(await ask('GET /v1/me', given), 'invalid_header', name.toLowerCase())
    },
  )

  it.each(['Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Origin'])(
    'is refused in a handshake: the header %s',
    async (name) => {
      const handshake: [string, string][] = [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
        ['Origin', gateway.url],
      ]
      const twice = handshake.filter(([known]) => known === name)
      const answer = await ask('GET /v1/socket', [...handshake, ...twice])
      expectRefused(answer, 'invalid_header', name.toLowerCase())
    },
  )

  it('is refused in the query, by whatever route reads it', async () => {
    expectRefused(await publish([], '?title=a&title=b'), 'invalid_query', 'title')
    expectRefused(await publish([], '?title=a&Title=a'), 'invalid_query', 'title')
    const token: [string, string][] = [['Authorization', `Bearer ${reader}`]]
    for (const path of [
      '/v1/feeds/user:ann/messages?limit=1&limit=2',
      '/v1/feeds/user:ann/messages?after=0&after=0',
      '/v1/me/sessions?device=a&device=b',
    ]) {
      const { status, told } = await ask(`GET ${path}`, token)
      expect([path, status, told.error?.code]).toEqual([path, 400, 'invalid_query'])
    }
  })
})

describe('what is no value of its own', () => {
  it('may be given twice: tags, and the priority of RFC 9218 beside ours', async () => {
    const headers: [string, string][] = [
      ['Tags', 'a, b'],
      ['Tags', 'c'],
      ['Priority', 'u=1, i'],
      ['Priority', 'high'],
    ]
    expect(await publish(headers)).toMatchObject({ status: 201 })
    expect(await lastMessage()).toMatchObject({ tags: ['a', 'b', 'c'], priority: 4 })
  })
})
