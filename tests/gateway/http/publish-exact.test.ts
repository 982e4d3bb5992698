import { type Message, type Published } from '@herald/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type TestGateway } from './test-gateway'

const OPS = '/v1/feeds/topic:ops/messages'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway({ env: { HERALD_RATE_PUBLISH: '0' } })
})

afterAll(async () => {
  await gateway.close()
})

const publish = (body: string, headers: Record<string, string> = {}, url = OPS) =>
  gateway.call('POST', url, {
    token: gateway.tokens.publisherOfAll,
    body,
    headers: { 'content-type': 'application/json', ...headers },
  })

const detail = (answer: Awaited<ReturnType<typeof publish>>): string =>
  answer.json<{ error: { message: string } }>().error.message

async function publishAndFind(body: string): Promise<Message | undefined> {
  const answer = await publish(body)
  expect(answer.statusCode, answer.body).toBe(201)
  return gateway.log.find(answer.json<Published>().id)
}

describe('what a publish says', () => {
  it('is well-formed in history, so that one message cannot make a page unreadable', async () => {
    const body =
      '{"title":"cut \\ud83d","body":"\\udd25","tags":["t\\udfff"],"actions":[{"label":"a\\ud800","link":"https://a.b"}],"data":{"k\\ud800":["\\udc00"]}}'
    await publish(body, {}, '/v1/feeds/all/messages')
    const page = await gateway.call('GET', '/v1/feeds/all/messages', { token: gateway.tokens.reader })
    expect(page.body).not.toMatch(/\\u/i)
    expect(page.json<{ messages: Message[] }>().messages.at(-1)).toMatchObject({
      title: 'cut \ufffd',
      body: '\ufffd',
      tags: ['t\ufffd'],
      actions: [{ label: 'a\ufffd' }],
      data: { 'k\ufffd': ['\ufffd'] },
    })
  })

  it.each([2000, 5000, 15_000])(
    'is refused by its field when it is nested %i deep, and not as a fault',
    async (depth) => {
      const answer = await publish(`{"body":"x","data":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`)
      expectError(answer, 'invalid_body')
      expect(detail(answer)).toMatch(/^data\.a\.0.*nested deeper than 32 levels$/)
    },
  )

  it('keeps every name in data, also those that objects of JavaScript have', async () => {
    const data = { constructor: 'Ferrari', prototype: 1, toString: 'x', hasOwnProperty: [null], toJSON: {} }
    expect((await publishAndFind(JSON.stringify({ body: 'x', data })))?.data).toEqual(data)
  })

  it.each([
    ['a number that a double changes', '{"body":"x","data":{"order":1161888007138312192}}', 'data.order: '],
    ['a number beyond all bounds', '{"body":"x","data":{"n":1e400}}', 'data.n: '],
    ['a name that readers drop', '{"body":"x","data":{"__proto__":{"a":1}}}', 'data.__proto__: '],
    ['a name that stands there twice', '{"body":"x","body":"y"}', 'body: '],
    ['an unknown field by the name of something inherited', '{"body":"x","toString":1}', 'toString: '],
    ['an unknown field named constructor', '{"body":"x","constructor":1}', 'constructor: '],
    [
      'a button without a name',
      '{"body":"x","actions":[{"label":" ","link":"https://a.b"}]}',
      'actions.0.label: ',
    ],
    ['a blank tag', '{"body":"x","tags":["\\u200b"]}', 'tags.0: '],
  ])('is refused with %s', async (_name, body, problem) => {
    const answer = await publish(body)
    expectError(answer, 'invalid_body')
    expect(detail(answer)).toContain(problem)
  })

  it.each([
    ['blanks', ' \\n\\t　'],
    ['NUL', '\\u0000'],
    ['zero-width characters', '\\u200b\\u2060\\ufeff'],
    ['fillers', '\\u3164\\u2800'],
    ['variation selectors', '\\ufe0f'],
  ])('must have something to see: %s alone are refused', async (_name, text) => {
    expectError(await publish(`{"title":"${text}","body":"${text}"}`), 'invalid_body')
    expect((await publish(`{"title":"${text}","body":"x"}`)).statusCode).toBe(201)
  })

  it('makes two messages of an object and of a list of pairs, though they look alike', async () => {
    const key = { 'idempotency-key': 'pairs' }
    expect((await publish('{"body":"x","data":{"a":{"b":1}}}', key)).statusCode).toBe(201)
    expectError(await publish('{"body":"x","data":{"a":[["b",1]]}}', key), 'idempotency_conflict')
  })

  it('is the same under one key when what is kept is the same: -0 is 0, and 1.0 is 1', async () => {
    const key = { 'idempotency-key': 'zero' }
    const first = await publish('{"body":"x","data":{"x":-0,"y":1.0}}', key)
    expect((await publish('{"body":"x","data":{"x":0,"y":1}}', key)).statusCode).toBe(200)
    expect(JSON.stringify((await gateway.log.find(first.json<Published>().id))?.data)).toBe('{"x":0,"y":1}')
  })

  it.each(['null', '[]', '"x"', '7', 'true'])('must be an object, and is told so: %s', async (body) => {
    const answer = await publish(body)
    expectError(answer, 'invalid_body')
    expect(detail(answer)).toBe('The body must be an object.')
  })

  it('is answered in well-formed text, wherever a name of its was cut', async () => {
    for (const length of [197, 198, 199, 200]) {
      const answer = await publish(JSON.stringify({ body: 'x', ['y'.repeat(length) + '🔥'.repeat(9)]: 1 }))
      expect(answer.body).not.toMatch(/\\ud/i)
    }
  })
})

describe('a name that is not well-formed', () => {
  it('is mended for users and for labels of tokens', async () => {
    const send = (url: string, body: string) =>
      gateway.call('POST', url, {
        token: gateway.tokens.admin,
        body,
        headers: { 'content-type': 'application/json' },
      })
    expect((await send('/v1/users', '{"id":"eve","name":"E\\ud800"}')).json()).toMatchObject({
      name: 'E\ufffd',
    })
    const token = await send('/v1/tokens', '{"label":"ci\\udc00","publish":["topic:ci"]}')
    expect(token.json()).toMatchObject({ info: { label: 'ci\ufffd' } })
  })
})
