import type { SignedIn } from '@herald/protocol'
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readQrCode } from './read-qr-code'
import { environment, GatewayProgram, MAIN, run, temporaryFolder } from './program'

const shell = promisify(execFile)

const secretOf = ({ folder }: GatewayProgram, file: string): string =>
  readFileSync(join(folder, file), 'utf8').trim()

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8)

const ask = (gateway: GatewayProgram, path: string, file: string, init: RequestInit = {}) =>
  fetch(gateway.url + path, { ...init, headers: { authorization: `Bearer ${secretOf(gateway, file)}` } })

async function stop(gateway: GatewayProgram): Promise<void> {
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toMatchObject({ code: 0 })
}

/** Whether a terminal can be made for a program; what is left out without one is said. */
const hasTerminal = process.platform === 'linux' && existsSync('/usr/bin/script')
if (!hasTerminal)
  process.stderr.write('NOT RUN: what a start prints on a terminal; install util-linux (script) to run it\n')

describe('the first start', () => {
  it('makes a user and two tokens, which work and are for the owner’s eyes only', async () => {
    const gateway = await GatewayProgram.start()
    const users = await (await ask(gateway, '/v1/users', 'admin-token')).json()
    expect(users).toMatchObject({ users: [{ id: 'me' }] })
    const published = await ask(gateway, '/v1/feeds/user:me/messages', 'publish-token', {
      method: 'POST',
      body: 'hello',
    })
    expect(published.status).toBe(201)
    expect((await ask(gateway, '/v1/users', 'publish-token')).status).toBe(403)
    for (const file of ['admin-token', 'publish-token', 'gateway.json', 'herald.db', 'herald.db-wal']) {
      expect(modeOf(join(gateway.folder, file)), file).toBe('600')
    }
  })

  it('makes its data folder for the owner only', async () => {
    const folder = join(temporaryFolder(), 'new', 'data')
    await GatewayProgram.start({ HERALD_DATA: folder })
    expect(modeOf(folder)).toBe('700')
  })

  it('shuts a folder that others may open, and its own files in it, and leaves theirs alone', async () => {
    const folder = temporaryFolder()
    const write = (name: string, mode: number): void => {
      writeFileSync(join(folder, name), '')
      chmodSync(join(folder, name), mode)
    }
    for (const name of ['herald.db', 'admin-token', 'publish-token', 'gateway.lock']) write(name, 0o664)
    write('notes.txt', 0o644)
    chmodSync(folder, 0o755)
    const gateway = await GatewayProgram.start({ HERALD_DATA: folder })
    expect(modeOf(folder)).toBe('700')
    for (const name of ['herald.db', 'herald.db-wal', 'admin-token', 'publish-token', 'gateway.lock'])
      expect(modeOf(join(folder, name)), name).toBe('600')
    expect(modeOf(join(folder, 'notes.txt'))).toBe('644')
    expect(gateway.out).not.toContain('others than its owner')
  })

  it('gives no two gateways the same secrets', async () => {
    const [one, two] = await Promise.all([GatewayProgram.start(), GatewayProgram.start()])
    expect(secretOf(one, 'admin-token')).not.toBe(secretOf(two, 'admin-token'))
    expect(secretOf(one, 'admin-token').length).toBeGreaterThan(40)
  })
})

describe('a later start', () => {
  it('keeps the tokens, and makes anew what is missing or damaged', async () => {
    const first = await GatewayProgram.start()
    const before = { admin: secretOf(first, 'admin-token'), publish: secretOf(first, 'publish-token') }
    await stop(first)
    const second = await GatewayProgram.start({ HERALD_DATA: first.folder })
    expect(secretOf(second, 'admin-token')).toBe(before.admin)
    await stop(second)
    rmSync(join(first.folder, 'publish-token'))
    writeFileSync(join(first.folder, 'admin-token'), 'damaged', { mode: 0o644 })
    const third = await GatewayProgram.start({ HERALD_DATA: first.folder })
    expect(secretOf(third, 'publish-token')).not.toBe(before.publish)
    expect((await ask(third, '/v1/status', 'admin-token')).status).toBe(200)
    expect(modeOf(join(first.folder, 'admin-token'))).toBe('600')
  })

  it('leaves a token alone that somebody revoked', async () => {
    const first = await GatewayProgram.start()
    const { tokens } = (await (await ask(first, '/v1/tokens', 'admin-token')).json()) as {
      tokens: { id: string; label: string }[]
    }
    const quickstart = tokens.find(({ label }) => label === 'quickstart')
    await ask(first, `/v1/tokens/${String(quickstart?.id)}`, 'admin-token', { method: 'DELETE' })
    const revoked = secretOf(first, 'publish-token')
    await stop(first)
    const second = await GatewayProgram.start({ HERALD_DATA: first.folder })
    expect(secretOf(second, 'publish-token')).toBe(revoked)
    expect(
      (await ask(second, '/v1/feeds/all/messages', 'publish-token', { method: 'POST', body: 'x' })).status,
    ).toBe(401)
  })
})

describe('the welcome to a person', () => {
  const withApp = (): Record<string, string> => {
    const folder = join(temporaryFolder(), 'h5')
    mkdirSync(folder)
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>app</title>')
    return { HERALD_STATIC: folder, HERALD_QUICKSTART: '1' }
  }

  it.skipIf(!hasTerminal)(
    'has a link that signs in once, and a curl that publishes as it stands',
    async () => {
      const gateway = await GatewayProgram.startOnTerminal(withApp())
      const [, link] = await gateway.waitFor(/Open the app\n\s+(\S+)\n/)
      const code = /^http:\/\/127\.0\.0\.1:\d+\/#\/pages\/sign-in\/sign-in\?code=([\w-]+)$/.exec(
        link ?? '',
      )?.[1]
      const signIn = () =>
        fetch(`${gateway.url}/v1/sign-in`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ code }),
        })
      const signedIn = await signIn()
      expect(signedIn.status).toBe(201)
      expect((await signIn()).status).toBe(401)
      const { token } = (await signedIn.json()) as SignedIn

      const [, line] = await gateway.waitFor(/Send a message\n\s+(curl .*)\n/)
      const { stdout } = await shell('sh', ['-c', `${line ?? ''} -sS`], { env: environment({}) })
      const { id } = JSON.parse(stdout) as { id: string }
      const message = await fetch(`${gateway.url}/v1/messages/${id}`, {
        headers: { authorization: `Bearer ${token}` },
      })
      expect(await message.json()).toMatchObject({ feed: 'user:me', body: 'Hello from curl' })
    },
  )

  it('names the command for a link, and shows none, where its output is no terminal', async () => {
    const gateway = await GatewayProgram.start(withApp())
    await gateway.waitFor(/Ctrl-C/)
    expect(gateway.out).toMatch(/npx @herald\/gateway sign-in-link me/)
    expect(gateway.out).not.toContain('code=')
  })

  it('shows no token, and speaks Chinese to who reads it', async () => {
    const gateway = await GatewayProgram.start({ ...withApp(), LANG: 'zh_CN.UTF-8' })
    await gateway.waitFor(/停止：Ctrl-C/)
    expect(gateway.out).toContain('生成登录链接')
    for (const file of ['admin-token', 'publish-token'])
      expect(gateway.out).not.toContain(secretOf(gateway, file))
  })

  it.skipIf(!hasTerminal)(
    'names the public address, when there is one, and not what this machine calls itself',
    async () => {
      const gateway = await GatewayProgram.startOnTerminal({
        ...withApp(),
        HERALD_PUBLIC_URL: 'https://herald.example.com/',
      })
      await gateway.waitFor(/Ctrl-C/)
      expect(gateway.out).toContain('https://herald.example.com/#/pages/sign-in/sign-in?code=')
      expect(gateway.out).toContain('https://herald.example.com/v1/feeds/user:me/messages')
      const [, link] = await gateway.waitFor(/On a phone: scan this, or open\n\s+(\S+)\n/)
      expect(link).toMatch(/^https:\/\/herald\.example\.com\//)
      expect(readQrCode(gateway.out)).toBe(link)
    },
  )

  it('is left out where nobody watches', async () => {
    const gateway = await GatewayProgram.start()
    await stop(gateway)
    for (const line of gateway.out.trim().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg')
  })
})

describe('a start that cannot be', () => {
  it('names the setting that is wrong, and exits with 2', async () => {
    const ended = await run(MAIN, [], { HERALD_PORT: 'eighty', HERALD_DATA: temporaryFolder() })
    expect(ended).toMatchObject({
      code: 2,
      out: '',
      errors: 'herald: HERALD_PORT: must be a whole number from 0 to 65535\n',
    })
  })

  it('says that the port is taken', async () => {
    const { url } = await GatewayProgram.start()
    const settings = {
      HERALD_HOST: '127.0.0.1',
      HERALD_PORT: new URL(url).port,
      HERALD_DATA: temporaryFolder(),
    }
    expect(await run(MAIN, [], settings)).toMatchObject({
      code: 1,
      errors: expect.stringContaining('is taken; set HERALD_PORT'),
    })
  })

  it('says that another gateway has the data folder, which is left alone', async () => {
    const { folder, url } = await GatewayProgram.start()
    const second = await run(MAIN, [], { HERALD_PORT: '0', HERALD_DATA: folder })
    expect(second).toMatchObject({ code: 1, errors: `herald: another gateway uses ${folder}\n` })
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
  })

  it('says that the data folder is none', async () => {
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    expect(await run(MAIN, [], { HERALD_DATA: join(file, 'data') })).toMatchObject({
      code: 1,
      errors: expect.stringContaining('herald: '),
    })
  })

  it('speaks up when Web Push is on and has no contact, once', async () => {
    const warning = 'Apple refuses pushes without one'
    expect((await GatewayProgram.start({ HERALD_WEBPUSH: 'on' })).out.split(warning)).toHaveLength(2)
    const told = { HERALD_WEBPUSH_CONTACT: 'mailto:ops@example.com' }
    for (const settings of [told, { HERALD_WEBPUSH: 'off' }])
      expect((await GatewayProgram.start(settings)).out).not.toContain(warning)
  })

  it('shows somebody who tries it nothing but the welcome, and no warning that is of no use to them', async () => {
    const trial = { HERALD_QUICKSTART: '1', HERALD_WEBPUSH: 'on' }
    const lines = (await GatewayProgram.start(trial)).out.split('\n').filter((line) => line.startsWith('{'))
    expect(lines).toEqual([expect.stringContaining('"msg":"ready"')])
    const wrong = { ...trial, HERALD_WEBPUSH_CONTACT: 'https://box.localhost' }
    expect((await GatewayProgram.start(wrong)).out).toContain('Apple refuses a contact at localhost')
  })

  it('speaks up about a setting that is misspelt', async () => {
    const gateway = await GatewayProgram.start({ HERALD_PROT: '1' })
    expect(gateway.out).toContain('"name":"HERALD_PROT","msg":"no setting has this name"')
  })
})

/** Sends the head of a publish and half its body; `finish` sends the rest and gives the answer. */
async function beginPublish(
  gateway: GatewayProgram,
): Promise<{ socket: Socket; finish: () => Promise<string> }> {
  const { hostname, port } = new URL(gateway.url)
  const socket = connect(Number(port), hostname)
  await new Promise((resolve) => socket.once('connect', resolve))
  const head = [
    'POST /v1/feeds/user:me/messages HTTP/1.1',
    'Host: herald.test',
    `Authorization: Bearer ${secretOf(gateway, 'publish-token')}`,
    'Content-Type: text/plain',
    'Content-Length: 10',
  ]
  // The gateway asks for the body only once it has let the request in.
  socket.write(`${head.join('\r\n')}\r\nExpect: 100-continue\r\n\r\n`)
  await new Promise((resolve) => socket.once('data', resolve))
  socket.write('hello')
  const answer = text(socket)
  return {
    socket,
    finish() {
      socket.write('world')
      return answer
    },
  }
}

describe('a stop', () => {
  it('lets a publish finish that has begun, and exits with 0', async () => {
    const gateway = await GatewayProgram.start()
    const { finish } = await beginPublish(gateway)
    gateway.signal('SIGTERM')
    await gateway.waitFor(/"msg":"stopping"/)
    expect(await finish()).toMatch(/^HTTP\/1\.1 201 [\s\S]*connection: close/i)
    expect(await gateway.ended).toMatchObject({ code: 0 })
    expect(existsSync(join(gateway.folder, 'gateway.json'))).toBe(false)
    await expect(fetch(gateway.url)).rejects.toThrow()
    const again = await GatewayProgram.start({ HERALD_DATA: gateway.folder })
    expect(await (await ask(again, '/v1/status', 'admin-token')).json()).toMatchObject({ messages: 1 })
  })

  it('does not wait for ever for a sender that does not finish', async () => {
    const gateway = await GatewayProgram.start()
    const { socket } = await beginPublish(gateway)
    socket.on('error', () => undefined)
    const begun = performance.now()
    gateway.signal('SIGINT')
    expect(await gateway.ended).toMatchObject({ code: 0 })
    expect(performance.now() - begun).toBeLessThan(10_000)
  })

  it('is at once at the second signal', async () => {
    const gateway = await GatewayProgram.start()
    const { socket } = await beginPublish(gateway)
    socket.on('error', () => undefined)
    gateway.signal('SIGTERM')
    await gateway.waitFor(/"msg":"stopping"/)
    const begun = performance.now()
    gateway.signal('SIGTERM')
    expect(await gateway.ended).toMatchObject({ code: 1 })
    expect(performance.now() - begun).toBeLessThan(2000)
  })
})

describe('a store that is full', () => {
  it('takes no publish, goes on being read, and recovers by itself once retention made room', async () => {
    const gateway = await GatewayProgram.start({
      ...{ HERALD_MAX_STORE_MB: '1', HERALD_RETENTION_COUNT: '5', HERALD_RATE_PUBLISH: '0' },
      HERALD_LOG_LEVEL: 'fatal',
    })
    const publish = async (): Promise<number> => {
      const init = { method: 'POST', body: 'x'.repeat(16_000) }
      return (await ask(gateway, '/v1/feeds/user:me/messages', 'publish-token', init)).status
    }
    const statuses: number[] = []
    while (statuses.at(-1) !== 503 && statuses.length < 500) statuses.push(await publish())
    expect(statuses.filter((status) => status !== 201)).toEqual([503])
    const accepted = statuses.length - 1
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200)
    const status = await (await ask(gateway, '/v1/status', 'admin-token')).json()
    expect(status).toMatchObject({ messages: accepted, writable: false })

    const isReady = async (): Promise<boolean> => (await fetch(`${gateway.url}/readyz`)).ok
    await expect.poll(isReady, { timeout: 12_000 }).toBe(true)
    expect(await publish()).toBe(201)
    const after = await (await ask(gateway, '/v1/status', 'admin-token')).json()
    expect(after).toMatchObject({ messages: 6, writable: true })
  })
})
