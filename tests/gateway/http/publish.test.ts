import { MAX_BODY_BYTES, MAX_TITLE_LENGTH, type Message, type Published } from '@herald/protocol'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectError, openTestGateway, type Sent, type TestGateway } from './test-gateway'

const OPS = '/v1/feeds/topic:ops/messages'

let gateway: TestGateway

beforeAll(async () => {
  gateway = await openTestGateway({ env: { HERALD_RATE_PUBLISH: '0' } })
})

afterAll(async () => {
  await gateway.close()
})

const publish = (sent: Sent, url = OPS) =>
  gateway.call('POST', url, { token: gateway.tokens.publisherOfAll, ...sent })

/** Publishes, and returns the message as the log has it. */
async function publishAndFind(sent: Sent): Promise<Message | undefined> {
  const answer = await publish(sent)
  expect(answer.statusCode, answer.body).toBe(201)
  return gateway.log.find(answer.json<Published>().id)
}

const asText = (body: string, headers: Record<string, string> = {}): Sent => ({
  body,
  headers: { 'content-type': 'text/plain', ...headers },
})

/** UTF-8 bytes as Node hands them to a program: one character for each. */
const onTheWire = (text: string): string => Buffer.from(text).toString('latin1')

describe('a publish as JSON', () => {
  it('answers 201 with the message’s place in its feed', async () => {
    const first = (
      await publish({ body: { body: 'one' } }, '/v1/feeds/topic:first/messages')
    ).json<Published>()
    const second = (
      await publish({ body: { body: 'two' } }, '/v1/feeds/topic:first/messages')
    ).json<Published>()
    expect(first).toMatchObject({ feed: 'topic:first', seq: 1 })
    expect(second).toMatchObject({ feed: 'topic:first', seq: 2, epoch: first.epoch })
    expect(second.id).not.toBe(first.id)
  })

  it('says how many users follow the feed, as it is now', async () => {
    const followers = async (feed: string, headers: Record<string, string> = {}) =>
      (await publish({ body: { body: 'x' }, headers }, `/v1/feeds/${feed}/messages`)).json<Published>()
        .followers
    const key = { 'idempotency-key': 'followers' }
    const everyone = await followers('all')
    expect(await followers('user:ann')).toBe(1)
    expect(await followers('topic:heard', key)).toBe(0)
    await gateway.subscriptions.follow('ann', 'topic:heard', undefined)
    expect([await followers('topic:heard'), await followers('topic:heard', key)]).toEqual([1, 1])
    await gateway.directory.createUser('heard')
    await gateway.subscriptions.follow('heard', 'topic:heard', undefined)
    expect([await followers('topic:heard'), await followers('all')]).toEqual([2, everyone + 1])
    await gateway.subscriptions.unfollow('ann', 'topic:heard')
    expect(await followers('topic:heard')).toBe(1)
    await gateway.directory.removeUser('heard')
    expect([await followers('topic:heard'), await followers('all')]).toEqual([0, everyone])
  })

  it('keeps every field of a message', async () => {
    const content = {
      title: '订单 1042',
      body: '**已付款** ✅',
      priority: 4,
      link: 'https://shop.example.com/1042',
      image: 'https://shop.example.com/1042.png',
      actions: [{ label: '查看', link: 'https://shop.example.com' }],
      tags: ['orders', '订单'],
      markdown: true,
      data: { order: 1042, nested: { deep: [1, null, 'x'] } },
    }
    expect(await publishAndFind({ body: content })).toMatchObject(content)
  })

  it('turns a ttl into the moment at which the message expires', async () => {
    const message = await publishAndFind({ body: { body: 'x', ttl: 60 } })
    expect(message?.expires).toBe(gateway.clock.ms + 60_000)
    expect(message).not.toHaveProperty('ttl')
  })

  it('takes a feed name that is percent-encoded', async () => {
    const answer = await publish({ body: { body: 'x' } }, '/v1/feeds/topic%3Aencoded/messages')
    expect(answer.json()).toMatchObject({ feed: 'topic:encoded' })
  })

  it('to a user who does not exist is refused, instead of being lost in silence', async () => {
    expectError(await publish({ body: { body: 'x' } }, '/v1/feeds/user:nobody/messages'), 'user_not_found')
    expect(await gateway.log.head('user:nobody')).toBeUndefined()
  })

  it.each([
    ['a misspelt field', { body: 'x', titel: 'y' }, 'titel: is not a known field'],
    ['no text at all', { title: '' }, 'title or body must have text'],
    ['a priority out of range', { body: 'x', priority: 6 }, 'priority: '],
    ['a priority as text', { body: 'x', priority: '3' }, 'priority: '],
    ['a title that is too long', { title: 'x'.repeat(MAX_TITLE_LENGTH + 1) }, 'title: '],
    ['a link that runs script', { body: 'x', link: 'javascript:alert(1)' }, 'link: must be an http'],
    ['an action without a link', { body: 'x', actions: [{ label: 'a' }] }, 'actions.0.link: is missing'],
    [
      'too many actions',
      { body: 'x', actions: Array(4).fill({ label: 'a', link: 'https://a.b' }) },
      'actions: ',
    ],
    ['a ttl of zero', { body: 'x', ttl: 0 }, 'ttl: '],
    ['a ttl that is no whole number', { body: 'x', ttl: 1.5 }, 'ttl: '],
    ['data that is no object', { body: 'x', data: 'x' }, 'data: '],
    ['data that is too large', { body: 'x', data: { a: 'x'.repeat(5000) } }, 'data: must be at most'],
    ['a list', [{ body: 'x' }], 'must be an object'],
    ['null', null, 'must be an object'],
  ])('refuses %s', async (_name, body, message) => {
    const answer = await publish({ body })
    expectError(answer, 'invalid_body')
    expect(answer.json<{ error: { message: string } }>().error.message).toContain(message)
  })

  it.each([
    ['half an object', '{"body":'],
    ['words', 'hello'],
    ['two values', '{}{}'],
  ])('refuses %s as JSON', async (_name, body) => {
    expectError(await publish({ body, headers: { 'content-type': 'application/json' } }), 'invalid_json')
  })

  it('refuses a request without any body', async () => {
    expectError(await publish({}), 'invalid_body')
    expectError(await publish({ body: '', headers: { 'content-type': 'application/json' } }), 'invalid_body')
  })

  it('answers shortly however long the fault is', async () => {
    const answer = await publish({ body: { body: 'x', ['y'.repeat(60_000)]: 1 } })
    expectError(answer, 'invalid_body')
    expect(answer.body.length).toBeLessThan(400)
  })

  it('does not repeat a broken body in its answer', async () => {
    const answer = await publish({ body: '{"secret-4711', headers: { 'content-type': 'application/json' } })
    expect(answer.body).not.toContain('4711')
  })
})

describe('a publish as text', () => {
  it('takes the body as it is and the options from headers', async () => {
    const message = await publishAndFind(
      asText('The backup failed', {
        title: 'Backup',
        priority: 'high',
        tags: 'db, night ,',
        click: 'https://ops.example.com',
        image: 'https://ops.example.com/a.png',
        markdown: 'yes',
        ttl: '2h',
      }),
    )
    expect(message).toMatchObject({
      title: 'Backup',
      body: 'The backup failed',
      priority: 4,
      tags: ['db', 'night'],
      link: 'https://ops.example.com',
      image: 'https://ops.example.com/a.png',
      markdown: true,
    })
    expect((message?.expires ?? 0) - Date.now()).toBeGreaterThan(7_100_000)
  })

  it('reads header values as UTF-8', async () => {
    const headers = { title: onTheWire('磁盘已满 🔥'), tags: onTheWire('数据库,夜间') }
    expect(await publishAndFind(asText('第一行\n第二行', headers))).toMatchObject({
      title: '磁盘已满 🔥',
      body: '第一行\n第二行',
      tags: ['数据库', '夜间'],
    })
  })

  it('leaves out the line break that a shell puts at the end', async () => {
    expect(await publishAndFind(asText('a\nb\n'))).toMatchObject({ body: 'a\nb' })
  })

  it('takes what curl -d calls a form as text', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await publishAndFind({ body: 'a=1&b=%20', headers })).toMatchObject({ body: 'a=1&b=%20' })
  })

  it('says which header is missing when curl -d was given JSON', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await publish({ body: ' {"body":"x"}', headers })
    expectError(answer, 'media_type_unsupported')
    expect(answer.body).toContain('Content-Type: application/json')
  })

  it.each([
    ['1', 1],
    ['5', 5],
    ['min', 1],
    ['low', 2],
    ['Default', 3],
    ['HIGH', 4],
    ['urgent', 5],
  ])('knows the priority %s', async (priority, expected) => {
    expect(await publishAndFind(asText('x', { priority }))).toMatchObject({ priority: expected })
  })

  it('accepts a title alone', async () => {
    expect(await publishAndFind(asText('', { title: 'only this' }))).toMatchObject({
      title: 'only this',
      body: '',
    })
  })

  it.each([
    ['priority', { priority: 'loud' }],
    ['priority', { priority: '6' }],
    ['markdown', { markdown: 'perhaps' }],
    ['ttl', { ttl: 'tomorrow' }],
    ['title', { title: Buffer.from([0xc4, 0xe3, 0xba, 0xc3]).toString('latin1') }],
  ])('refuses a %s header that it cannot read', async (_name, headers) => {
    expectError(await publish(asText('x', headers)), 'invalid_header')
  })

  it.each([
    ['a link that runs script', { click: 'javascript:alert(1)' }],
    ['a title that is too long', { title: 'x'.repeat(MAX_TITLE_LENGTH + 1) }],
  ])('holds headers to the rules of the JSON body: %s', async (_name, headers) => {
    expectError(await publish(asText('x', headers)), 'invalid_body')
  })

  it.each([
    ['application/json', '\uFEFF{"body":"marked"}'],
    ['text/plain', '\uFEFFmarked'],
  ])('takes a byte order mark before %s for no part of it', async (type, text) => {
    const answer = await gateway.app.inject({
      method: 'POST',
      url: OPS,
      headers: { authorization: `Bearer ${gateway.tokens.publisher}`, 'content-type': type },
      payload: Buffer.from(text),
    })
    const message = await gateway.log.find(answer.json<Published>().id)
    expect(message?.body).toBe('marked')
  })

  it('refuses text that is not UTF-8', async () => {
    const answer = await gateway.app.inject({
      method: 'POST',
      url: OPS,
      headers: { authorization: `Bearer ${gateway.tokens.publisher}`, 'content-type': 'text/plain' },
      payload: Buffer.from([0xc4, 0xe3, 0xba, 0xc3]),
    })
    expectError(answer, 'invalid_body')
  })
})

describe('an Idempotency-Key', () => {
  const withKey = (key: string, body: unknown, url = OPS) =>
    publish({ body, headers: { 'idempotency-key': key } }, url)

  it('gets the first answer again with 200, and no second message', async () => {
    const first = await withKey('k1', { body: 'once', ttl: 60 })
    const again = await withKey('k1', { body: 'once', ttl: 60 })
    expect([first.statusCode, again.statusCode]).toEqual([201, 200])
    expect(again.json()).toEqual(first.json())
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect((await gateway.log.head('topic:ops'))?.head).toBe(first.json<Published>().seq)
  })

  it('does not care how the JSON was written', async () => {
    const first = await withKey('k2', { body: 'x', title: 'y', data: { a: 1, b: { c: 2, d: 3 } } })
    const again = await withKey('k2', {
      data: { b: { d: 3, c: 2 }, a: 1 },
      priority: 3,
      title: 'y',
      body: 'x',
    })
    expect([first.statusCode, again.statusCode]).toEqual([201, 200])
  })

  it('takes text and the same content as JSON for the same', async () => {
    const first = await withKey('k3', { body: 'x', title: 'y' })
    const again = await publish(asText('x', { title: 'y', 'idempotency-key': 'k3' }))
    expect([first.statusCode, again.statusCode]).toEqual([201, 200])
  })

  it('is a conflict with another message', async () => {
    await withKey('k4', { body: 'one' })
    expectError(await withKey('k4', { body: 'two' }), 'idempotency_conflict')
    expectError(await withKey('k4', { body: 'one', ttl: 60 }), 'idempotency_conflict')
    expectError(
      await withKey('k4', { body: 'one' }, '/v1/feeds/topic:other/messages'),
      'idempotency_conflict',
    )
  })

  it('belongs to its token: another one may use the same', async () => {
    const first = await withKey('k5', { body: 'one' })
    const other = await gateway.call('POST', OPS, {
      token: gateway.tokens.publisher,
      body: { body: 'two' },
      headers: { 'idempotency-key': 'k5' },
    })
    expect([first.statusCode, other.statusCode]).toEqual([201, 201])
  })

  it('makes one message of twenty requests at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => withKey('k6', { body: 'once' })))
    expect(new Set(answers.map((answer) => answer.json<Published>().id)).size).toBe(1)
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(1)
  })

  it.each([
    ['that is not ASCII', 'é'],
    ['of 201 characters', 'x'.repeat(201)],
    ['of blanks', ' '],
  ])('refuses a key %s', async (_name, key) => {
    expectError(await withKey(key, { body: 'x' }), 'invalid_header')
  })
})

describe('limits of a publish', () => {
  it('takes a body of just under 64 KB of JSON and refuses a larger one', async () => {
    const fits = JSON.stringify({ body: 'x' }) + ' '.repeat(MAX_BODY_BYTES - 20)
    const tooLarge = JSON.stringify({ body: 'x' }) + ' '.repeat(MAX_BODY_BYTES)
    const headers = { 'content-type': 'application/json' }
    expect((await publish({ body: fits, headers })).statusCode).toBe(201)
    expectError(await publish({ body: tooLarge, headers }), 'body_too_large')
  })

  it.each([['application/xml'], ['multipart/form-data; boundary=x'], ['text/html'], ['nonsense']])(
    'refuses the media type %j',
    async (type) => {
      expectError(
        await publish({ body: '<x/>', headers: { 'content-type': type } }),
        'media_type_unsupported',
      )
    },
  )

  it('takes a charset with JSON', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' }
    expect((await publish({ body: '{"body":"x"}', headers })).statusCode).toBe(201)
  })

  it.each([
    ['Topic:ops'],
    ['topic:'],
    ['topic:a b'],
    ['topic:a%2Fb'],
    ['topic:%E4%BD%A0'],
    ['ops'],
    ['user:..%2F..'],
    ['topic:-x'],
    ['all%00'],
    ['*'],
    ['topic:%zz'],
  ])('refuses the feed name %s', async (feed) => {
    expectError(await publish({ body: { body: 'x' } }, `/v1/feeds/${feed}/messages`), 'feed_name_invalid')
  })

  it('refuses feed names that are too long, by a little and by a lot', async () => {
    const named = (length: number) =>
      publish({ body: { body: 'x' } }, `/v1/feeds/topic:${'x'.repeat(length)}/messages`)
    for (const length of [65, 3000, 8000]) expectError(await named(length), 'feed_name_invalid')
    expectError(await named(10_000), 'url_too_long')
  })
})
