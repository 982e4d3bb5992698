import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BIN, GatewayProgram, run, temporaryFolder, type Ended } from './program'

const secretIn = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8').trim()

async function ask(
  gateway: GatewayProgram,
  path: string,
  init: RequestInit = {},
  token = secretIn(gateway.folder, 'admin-token'),
) {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  const answer = await fetch(gateway.url + path, { ...init, headers })
  return (await answer.json()) as Record<string, unknown>
}

const publish = (gateway: GatewayProgram, body: string) =>
  ask(gateway, '/v1/feeds/user:me/messages', { method: 'POST', body })

const herald = (data: string, ...words: readonly string[]): Promise<Ended> =>
  run(BIN, ['--data', data, ...words])

async function stop(gateway: GatewayProgram): Promise<void> {
  gateway.signal('SIGTERM')
  expect(await gateway.ended).toMatchObject({ code: 0 })
}

describe('a backup', () => {
  it('is made beside a gateway that runs, and holds what was published before, the tokens and the keys', async () => {
    const gateway = await GatewayProgram.start()
    const before = await publish(gateway, 'before')
    const target = join(temporaryFolder(), 'copy')
    const made = await herald(gateway.folder, 'backup', target)
    await publish(gateway, 'after')
    expect(made).toMatchObject({ code: 0, errors: '' })
    expect(made.out).toMatch(/^copied 1 message \(.*\) to /)
    await stop(gateway)

    const data = join(temporaryFolder(), 'data')
    const restored = await herald(data, 'restore', target)
    expect(restored).toMatchObject({ code: 0, errors: '' })
    const again = await GatewayProgram.start({ HERALD_DATA: data })
    const { token } = await ask(again, '/v1/users/me/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ label: 'reader', read: true }),
    })
    const path = `/v1/messages/${String(before.id)}`
    expect(await ask(again, path, {}, String(token))).toMatchObject({ body: 'before' })
    expect(await ask(again, '/v1/status')).toMatchObject({ messages: 1 })
    for (const file of ['admin-token', 'publish-token', 'vapid-key'])
      expect(secretIn(data, file), file).toBe(secretIn(gateway.folder, file))
  })

  it('renews the epochs as it is put back, so that devices which heard more load it anew', async () => {
    const gateway = await GatewayProgram.start()
    const { epoch } = await publish(gateway, 'kept')
    const target = join(temporaryFolder(), 'copy')
    await herald(gateway.folder, 'backup', target)
    const data = join(temporaryFolder(), 'data')
    await herald(data, 'restore', target)
    const next = await publish(await GatewayProgram.start({ HERALD_DATA: data }), 'new')
    expect(next).toMatchObject({ seq: 2 })
    expect(typeof next.epoch).toBe('string')
    expect(next.epoch).not.toBe(epoch)
  })

  it('is for the eyes of its owner only', async () => {
    const gateway = await GatewayProgram.start()
    const target = join(temporaryFolder(), 'copy')
    await herald(gateway.folder, 'backup', target)
    expect(statSync(target).mode & 0o777).toBe(0o700)
    for (const file of ['herald.db', 'admin-token', 'vapid-key'])
      expect(statSync(join(target, file)).mode & 0o777, file).toBe(0o600)
    const data = join(temporaryFolder(), 'data')
    await herald(data, 'restore', target)
    for (const file of readdirSync(data)) expect(statSync(join(data, file)).mode & 0o777, file).toBe(0o600)
    for (const file of readdirSync(gateway.folder))
      expect(statSync(join(gateway.folder, file)).mode & 0o777, file).toBe(0o600)
  })

  it('overwrites nothing, neither by being made nor by being put back', async () => {
    const gateway = await GatewayProgram.start()
    const target = join(temporaryFolder(), 'copy')
    mkdirSync(target)
    expect(await herald(gateway.folder, 'backup', target)).toMatchObject({
      code: 1,
      errors: `herald: ${target} exists; name a folder that does not\n`,
    })
    const copy = join(temporaryFolder(), 'copy')
    await herald(gateway.folder, 'backup', copy)
    const refused = await herald(gateway.folder, 'restore', copy)
    expect(refused.code).toBe(1)
    expect(refused.errors).toContain('is not empty')
    await publish(gateway, 'it goes on')
  })

  it('that is damaged, or none, is not put back, and leaves nothing', async () => {
    const gateway = await GatewayProgram.start()
    for (let count = 0; count < 50; count++) await publish(gateway, 'x'.repeat(2000))
    const target = join(temporaryFolder(), 'copy')
    await herald(gateway.folder, 'backup', target)
    truncateSync(join(target, 'herald.db'), 40_000)
    const data = join(temporaryFolder(), 'data')
    const refused = await herald(data, 'restore', target)
    expect(refused.code).toBe(1)
    expect(refused.errors).toMatch(/damaged|no store/)
    expect(existsSync(join(data, 'herald.db'))).toBe(false)

    const other = temporaryFolder()
    writeFileSync(
      join(other, 'herald.db'),
      'no database at all, but long enough to be read as one'.repeat(99),
    )
    expect((await herald(data, 'restore', other)).errors).toContain('no store of Herald')
    expect((await herald(data, 'restore', temporaryFolder())).errors).toContain('is no backup')
  })

  it('may be the folder of a gateway that was killed, whose newest messages lie in the log beside the store', async () => {
    const gateway = await GatewayProgram.start()
    await publish(gateway, 'just published')
    gateway.signal('SIGKILL')
    await gateway.ended
    const data = join(temporaryFolder(), 'data')
    expect((await herald(data, 'restore', gateway.folder)).out).toMatch(/^restored 1 message /)
    expect(existsSync(join(data, 'herald.db-wal'))).toBe(false)
    expect(await ask(await GatewayProgram.start({ HERALD_DATA: data }), '/v1/status')).toMatchObject({
      ...{ messages: 1, users: 1 },
    })
  })

  it('says in words why it cannot be', async () => {
    const gateway = await GatewayProgram.start()
    const file = join(temporaryFolder(), 'file')
    writeFileSync(file, '')
    const copy = join(temporaryFolder(), 'copy')
    await herald(gateway.folder, 'backup', copy)
    for (const ended of [
      await herald(gateway.folder, 'backup', join(file, 'x')),
      await herald(gateway.folder, 'backup', join(temporaryFolder(), 'a'.repeat(250))),
      await herald(file, 'restore', copy),
    ])
      expect(ended).toMatchObject({
        code: 1,
        errors: expect.stringMatching(/^herald: cannot write to .*\n$/),
      })
  })

  it('of nothing is refused', async () => {
    const refused = await herald(temporaryFolder(), 'backup', join(temporaryFolder(), 'copy'))
    expect(refused).toMatchObject({ code: 1, out: '' })
    expect(refused.errors).toContain('holds no store')
  })
})

describe('herald serve', () => {
  it('runs a gateway until it is told to stop', async () => {
    const folder = temporaryFolder()
    const words = [BIN, '--data', folder, 'serve', '--port', '0', '--host', '127.0.0.1']
    const gateway = await GatewayProgram.startBy(words, { HERALD_DATA: folder })
    await publish(gateway, 'hello')
    await stop(gateway)
  })

  it('says what is wrong with a setting, and ends with 2', async () => {
    const ended = await run(BIN, ['--data', temporaryFolder(), 'serve', '--port', 'eighty'])
    expect(ended).toMatchObject({ code: 2, out: '' })
    expect(ended.errors).toContain('HERALD_PORT')
  })
})
