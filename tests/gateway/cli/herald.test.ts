import type { CreatedToken, Message, Status } from '@herald/protocol'
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { runProgram } from '../../../gateway/cli/program'
import packageJson from '../../../gateway/package.json' with { type: 'json' }
import { openTestGateway, type TestGateway } from '../http/test-gateway'
import { BIN, QUIET, run, temporaryFolder } from './program'

let gateway: TestGateway
let url: string
let token: string

beforeAll(async () => {
  gateway = await openTestGateway()
  url = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  const rights = { label: 'test', publish: ['*'], read: false, admin: true }
  token = (await gateway.directory.createToken(null, rights)).token
})

afterAll(async () => {
  await gateway.close()
})

interface Ran {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Runs the tool in this process. */
async function herald(words: readonly string[], env?: NodeJS.ProcessEnv, input?: string): Promise<Ran> {
  let out = ''
  let errors = ''
  const code = await runProgram(words, {
    ...QUIET,
    env: env ?? { HERALD_URL: url, HERALD_TOKEN: token },
    write: (text) => (out += text),
    complain: (text) => (errors += text),
    readInput: () => Promise.resolve(input),
  })
  return { code, out, errors }
}

const heraldJson = async <Value>(...words: string[]): Promise<Value> => {
  const { code, out, errors } = await herald(['--json', ...words])
  expect(code, errors).toBe(0)
  return JSON.parse(out) as Value
}

describe('herald publish', () => {
  it('sends everything that its options say', async () => {
    const options = [
      '--title',
      '备份',
      '--priority',
      'high',
      '--tag',
      'db,night',
      '--tag',
      'x',
      '--link',
      'https://a.example',
      '--markdown',
      '--ttl',
      '2h',
    ]
    const { id } = await heraldJson<Message>('publish', 'topic:cli', '**done**', ...options)
    const message = await gateway.log.find(id)
    expect(message).toMatchObject({
      feed: 'topic:cli',
      title: '备份',
      body: '**done**',
      priority: 4,
      tags: ['db', 'night', 'x'],
      link: 'https://a.example',
      markdown: true,
    })
    expect(message?.expires).toBeGreaterThan(Date.now() + 7_000_000)
  })

  it('says in a sentence what it did', async () => {
    const { code, out } = await herald(['publish', 'topic:sentence', 'hi'])
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /^published to topic:sentence as number 1 \([0-9a-f-]{36}\); nobody follows it yet\n$/,
      ),
    ])
  })

  it.each([[['publish', 'topic:cli']], [['publish', 'topic:cli', '-']]])(
    'reads standard input: %j',
    async (words) => {
      const { out } = await herald(['--json', ...words], undefined, 'line 1\nline 2\n')
      expect(await gateway.log.find((JSON.parse(out) as Message).id)).toMatchObject({
        body: 'line 1\nline 2',
      })
    },
  )

  it('asks for something to say', async () => {
    expect(await herald(['publish', 'topic:cli'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('give a text'),
    })
    expect(await herald(['publish', 'topic:cli', '--title', 'alone'])).toMatchObject({ code: 0 })
  })

  it('takes a text that begins with a minus, and no option that it does not know', async () => {
    const { id } = await heraldJson<Message>('publish', 'topic:cli', '-5 °C', '--title', 'Frost')
    expect(await gateway.log.find(id)).toMatchObject({ body: '-5 °C', title: 'Frost' })
    for (const word of ['--titel', '--titel=x', '-x'])
      expect(await herald(['publish', 'topic:cli', word])).toMatchObject({
        code: 2,
        errors: expect.stringContaining('unknown option'),
      })
    expect(await herald(['publish', 'topic:cli', 'text', '--titel', 'x'])).toMatchObject({ code: 2 })
  })

  it('publishes once with a key', async () => {
    const first = await heraldJson<Message>('publish', 'topic:keyed', 'x', '--key', 'k')
    const again = await heraldJson<Message>('publish', 'topic:keyed', 'x', '--key', 'k')
    expect(again).toEqual(first)
    const other = await herald(['publish', 'topic:keyed', 'y', '--key', 'k'])
    expect(other).toMatchObject({ code: 1, errors: expect.stringContaining('(idempotency_conflict)') })
  })
})

describe('herald user, token, sign-in-link, status and epoch', () => {
  it('add and list users', async () => {
    expect(await herald(['user', 'add', 'carl', '--name', '卡尔'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('added carl'),
    })
    expect((await herald(['user', 'list'])).out).toMatch(
      /^ID +NAME +CREATED\nann +Ann +\d{4}-\d\d-\d\d \d\d:\d\d\n/,
    )
    expect(await herald(['user', 'add', 'carl'])).toMatchObject({
      code: 1,
      errors: 'herald: a user carl exists (user_exists)\n',
    })
  })

  it('create a token, show its secret, list it without, and revoke it', async () => {
    const created = await heraldJson<CreatedToken>(
      'token',
      'create',
      '--publish',
      'topic:a,topic:b',
      '--ttl',
      '90d',
      '--label',
      'ci',
    )
    expect(created.info).toMatchObject({
      user: null,
      label: 'ci',
      scopes: { publish: ['topic:a', 'topic:b'], read: false, admin: false },
    })
    expect(created.info.expires).toBe(created.info.created + 90 * 86_400_000)
    const list = (await herald(['token', 'list'])).out
    expect(list).toContain(created.info.id)
    expect(list).not.toContain(created.token)
    expect(await herald(['token', 'revoke', created.info.id])).toMatchObject({ code: 0 })
    expect((await herald(['token', 'list'])).out).not.toContain(created.info.id)
    expect(await herald(['token', 'revoke', 't_none'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('(token_not_found)'),
    })
  })

  it('give a user’s token the right to read when nothing else is said', async () => {
    const { info } = await heraldJson<CreatedToken>('token', 'create', '--user', 'ann')
    expect(info).toMatchObject({ user: 'ann', scopes: { read: true, publish: [], admin: false } })
    const sender = await heraldJson<CreatedToken>('token', 'create', '--user', 'ann', '--publish', 'user:ann')
    expect(sender.info.scopes).toEqual({ read: false, publish: ['user:ann'], admin: false })
    expect((await herald(['token', 'list', '--user', 'ann'])).out).toContain(info.id)
    expect(await herald(['token', 'create'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('say what the token may do'),
    })
  })

  it('disable, enable and remove a user, the last only when it is meant', async () => {
    await herald(['user', 'add', 'zoe'])
    expect(await herald(['user', 'disable', 'zoe'])).toMatchObject({ code: 0, out: 'disabled zoe\n' })
    expect((await herald(['user', 'list'])).out).toMatch(
      /DISABLED\n[\s\S]*^zoe .* \d{4}-\d\d-\d\d \d\d:\d\d$/m,
    )
    expect(await herald(['user', 'enable', 'zoe'])).toMatchObject({ code: 0 })
    expect(await herald(['user', 'remove', 'zoe'])).toMatchObject({
      code: 2,
      errors: expect.stringContaining('--yes'),
    })
    expect(await herald(['user', 'remove', 'zoe', '--yes'])).toMatchObject({ code: 0 })
    expect((await herald(['user', 'list'])).out).not.toContain('zoe')
    expect(await herald(['user', 'disable', 'zoe'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('(user_not_found)'),
    })
  })

  it('list and end sessions, and take sign-in codes back', async () => {
    await herald(['user', 'add', 'yan'])
    const first = await heraldJson<CreatedToken>('token', 'create', '--user', 'yan', '--label', 'phone')
    await heraldJson<CreatedToken>('token', 'create', '--user', 'yan')
    const { out } = await herald(['session', 'list', 'yan'])
    expect(out).toMatch(/^ID +LABEL +DEVICES +LAST USED\n/)
    expect(out).toContain(`${first.info.id}  phone`)
    expect(await herald(['session', 'end', 'yan', first.info.id])).toMatchObject({ code: 0 })
    expect(await herald(['session', 'end', 'yan'])).toMatchObject({ code: 0, out: 'ended 1 of yan\n' })
    expect(await herald(['session', 'list', 'yan'])).toMatchObject({ out: 'no sessions\n' })
    await herald(['sign-in-link', 'yan'])
    await herald(['sign-in-link', 'yan'])
    const [code] = await heraldJson<{ id: string }[]>('sign-in-code', 'list', 'yan')
    expect(await herald(['sign-in-code', 'revoke', 'yan', code?.id ?? ''])).toMatchObject({ code: 0 })
    expect(await heraldJson('sign-in-code', 'list', 'yan')).toHaveLength(1)
    expect(await herald(['sign-in-code', 'revoke', 'yan'])).toMatchObject({ code: 0 })
    expect(await herald(['sign-in-code', 'list', 'yan'])).toMatchObject({ out: 'no codes\n' })
  })

  it('make a link that signs in', async () => {
    const { links } = await heraldJson<{ links: string[] }>(
      'sign-in-link',
      'ann',
      '--base',
      'https://herald.example.com/',
    )
    const code = /^https:\/\/herald\.example\.com\/#\/pages\/sign-in\/sign-in\?code=([\w-]+)$/.exec(
      links[0] ?? '',
    )?.[1]
    expect((await gateway.call('POST', '/v1/sign-in', { body: { code } })).statusCode).toBe(201)
    expect(await herald(['sign-in-link', 'nobody'])).toMatchObject({
      code: 1,
      errors: expect.stringContaining('(user_not_found)'),
    })
  })

  it('tell how the gateway is', async () => {
    expect(await heraldJson<Status>('status')).toMatchObject({ version: '1.2.3', writable: true })
    expect((await herald(['status'])).out).toContain(`gateway      ${url}, version 1.2.3, up 1 min`)
  })

  it.each([
    [{ reason: 'new', by: 0 }, 'watched for an hour; until then nothing is dropped for its age'],
    [{ reason: 'behind', by: -7_260_000 }, 'NOT BELIEVED, 2 h 1 min behind (behind)'],
    [{ reason: 'jumped', by: 90_000 }, 'NOT BELIEVED, 1 min ahead (jumped)'],
  ] as const)('say of a clock that is not believed what that means: %j', async (doubt, words) => {
    gateway.state.doubt = doubt
    const { out } = await herald(['status'])
    const json = await heraldJson<Status>('status')
    delete gateway.state.doubt
    expect(out).toContain(`clock        ${words}`)
    expect(json.clock).toEqual(doubt)
    expect((await herald(['status'])).out).not.toContain('clock')
  })

  it('renew the epochs', async () => {
    const before = (await gateway.log.head('all'))?.epoch
    expect(await herald(['epoch', 'renew'])).toMatchObject({ code: 0 })
    expect((await gateway.log.head('all'))?.epoch).not.toBe(before)
  })
})

describe('what an older gateway has kept, or a hostile one says', () => {
  const HOSTILE = 'x\n\u001b[2Jforged  \u0085\u009b31m\u2028\u202egnp.\u2066\r'
  const SHOWN = 'x\\u000a\\u001b[2Jforged  \\u0085\\u009b31m\\u2028\\u202egnp.\\u2066\\u000d'

  /** Nothing that a terminal obeys but the ends of our own lines. */
  const commandsIn = (text: string): string[] => text.match(/[^\P{C}\n]|[\u2028\u2029]/gu) ?? []

  it('is shown and not obeyed: one row each in tables of users, tokens and sessions', async () => {
    await gateway.directory.createUser('mallory', HOSTILE)
    const rights = { label: HOSTILE, publish: [], read: true, admin: false }
    await gateway.directory.createToken('mallory', rights)
    for (const words of [
      ['user', 'list'],
      ['token', 'list', '--user', 'mallory'],
      ['session', 'list', 'mallory'],
    ]) {
      const { out } = await herald(words)
      expect(commandsIn(out), words.join(' ')).toEqual([])
      expect(out.split('\n').filter((line) => line.includes(SHOWN))).toHaveLength(1)
      const json = await herald(['--json', ...words])
      expect(commandsIn(json.out)).toEqual([])
      expect(JSON.stringify(JSON.parse(json.out))).toContain(JSON.stringify(HOSTILE).slice(1, -1))
    }
  })

  it('is shown and not obeyed in errors', async () => {
    const error = { code: 'no\u001bcode', message: HOSTILE, retryable: false }
    const hostile = await serve((_request, response) => {
      response.writeHead(400).end(JSON.stringify({ error }))
    })
    const { errors } = await herald(['status'], { HERALD_URL: hostile, HERALD_TOKEN: 'x' })
    expect(errors).toBe(`herald: ${SHOWN} (no\\u001bcode)\n`)
  })
})

describe('what goes wrong', () => {
  it('is told with the gateway’s reason and code, and ends with 1', async () => {
    const weak = await herald(['status'], { HERALD_URL: url, HERALD_TOKEN: gateway.tokens.reader })
    expect(weak).toEqual({
      code: 1,
      out: '',
      errors: 'herald: The route needs a token with the admin right. (admin_required)\n',
    })
    const feed = await herald(['publish', 'ops', 'x'])
    expect(feed).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/must be all, user:<id> or topic:<name>.*\(feed_name_invalid\)/),
    })
  })

  it.each([
    [['frobnicate']],
    [['publish']],
    [['publish', 'all', 'x', '--priority', 'loud']],
    [['publish', 'all', 'x', '--ttl', 'soon']],
    [['user']],
    [['token', 'create', '--nonsense']],
  ])('in the command itself ends with 2: %j', async (words) => {
    expect((await herald(words)).code).toBe(2)
  })

  it('with the address ends with 2', async () => {
    const nobody = { HERALD_URL: 'http://127.0.0.1:9', HERALD_TOKEN: 'x' }
    expect(await herald(['status'], nobody)).toMatchObject({
      code: 2,
      errors: expect.stringContaining('cannot reach a gateway at http://127.0.0.1:9'),
    })
    expect(await herald(['status'], { HERALD_URL: 'herald.test', HERALD_TOKEN: 'x' })).toMatchObject({
      code: 2,
    })
  })

  it('with a server that is no gateway ends with 2', async () => {
    const other = await serve((_request, response) => response.end('<h1>It works!</h1>'))
    expect(await herald(['status'], { HERALD_URL: other, HERALD_TOKEN: 'x' })).toMatchObject({
      code: 2,
      errors: expect.stringContaining('not as Herald does'),
    })
  })

  it('is no redirect that takes the token elsewhere', async () => {
    let reached = false
    const thief = await serve((_request, response) => {
      reached = true
      response.end()
    })
    const redirecting = await serve((_request, response) =>
      response.writeHead(302, { location: thief }).end(),
    )
    expect(await herald(['status'], { HERALD_URL: redirecting, HERALD_TOKEN: 'x' })).toMatchObject({
      code: 2,
    })
    expect(reached).toBe(false)
  })

  it('for a moment only is no failure of a publish', async () => {
    const keys: unknown[] = []
    const shaky = await serve((request, response) => {
      keys.push(request.headers['idempotency-key'])
      const isUp = keys.length > 2
      response.writeHead(isUp ? 201 : 503, { 'retry-after': '0' })
      const answer = {
        id: '00000000-0000-4000-8000-000000000000',
        feed: 'all',
        epoch: 'e',
        seq: 1,
        time: 1,
        followers: 2,
      }
      const error = { code: 'storage_unavailable', message: 'full', retryable: true }
      response.end(JSON.stringify(isUp ? answer : { error }))
    })
    expect(await herald(['publish', 'all', 'x'], { HERALD_URL: shaky, HERALD_TOKEN: 'x' })).toMatchObject({
      code: 0,
    })
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
  })
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

describe('the gateway is found', () => {
  const dataFolder = (): string => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'gateway.json'), JSON.stringify({ url, pid: 1, version: '1' }))
    writeFileSync(join(folder, 'admin-token'), `${token}\n`)
    return folder
  }

  it('by the data folder of one that runs here', async () => {
    const folder = dataFolder()
    expect(await herald(['status', '--data', folder], {})).toMatchObject({ code: 0 })
    expect(await herald(['status'], { HERALD_DATA: folder })).toMatchObject({ code: 0 })
  })

  it('by options before the environment', async () => {
    const env = { HERALD_URL: 'http://127.0.0.1:9', HERALD_TOKEN: 'wrong' }
    expect(await herald(['status', '--url', `${url}/`, '--token', token], env)).toMatchObject({ code: 0 })
  })

  it('and a folder’s token is never sent to an address that was named', async () => {
    const seen: unknown[] = []
    const stranger = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.end('{}')
    })
    const answer = await herald(['status', '--url', stranger], { HERALD_DATA: dataFolder() })
    expect(answer).toMatchObject({ code: 2, errors: expect.stringContaining('a token is missing') })
    expect(seen).toEqual([])
  })

  it('or the person is told how to name it', async () => {
    const answer = await herald(['status'], { HERALD_DATA: temporaryFolder() })
    expect(answer).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no gateway runs with the data folder'),
    })
  })
})

describe('the program', () => {
  it('runs as npm links it', async () => {
    const settings = { HERALD_URL: url, HERALD_TOKEN: token }
    expect(await run(BIN, ['publish', 'topic:linked'], settings, 'from a pipe')).toMatchObject({
      code: 0,
      errors: '',
    })
    expect(await run(BIN, ['status', '--url', 'http://127.0.0.1:9'], settings)).toMatchObject({
      code: 2,
      out: '',
    })
    expect(await run(BIN, ['--help'], {})).toMatchObject({
      code: 0,
      out: expect.stringContaining('herald publish topic:ops'),
    })
  })

  it('builds itself in a fresh clone', async () => {
    const root = resolve(dirname(BIN), '../..')
    const clone = temporaryFolder()
    mkdirSync(join(clone, 'gateway'))
    for (const folder of ['protocol', 'locale', 'services', 'gateway']) {
      const isSource = (path: string): boolean => !/[/\\](?:node_modules|dist|data)$/.test(path)
      cpSync(join(root, folder), join(clone, folder), { recursive: true, filter: isSource })
      rmSync(join(clone, folder, 'dist'), { recursive: true, force: true })
    }
    symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'), 'dir')
    symlinkSync(join(root, 'gateway', 'node_modules'), join(clone, 'gateway', 'node_modules'), 'dir')
    const ended = await run(join(clone, 'gateway', 'bin', 'herald.mjs'), ['--version'])
    expect(ended).toMatchObject({ code: 0, out: `${packageJson.version}\n` })
  })
})
