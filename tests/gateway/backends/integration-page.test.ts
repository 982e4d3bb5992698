import { execFile, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { codeBlocks, readDocument } from '../http/documents'
import { has, hasShell, named, openExampleGateway, runnable, type ExampleGateway } from '../http/examples'
import { freePort } from '../process/free-port'

const execute = promisify(execFile)

const INTEGRATION = readDocument('docs/integration.md')
const INTEGRATION_ZH = readDocument('docs/integration.zh-CN.md')

/** Its first build on a machine makes its standard library too. */
const GO_MS = 180_000
const hasGo = has('go', 'Go', 'version')
const hasPython = has('python3', 'Python 3')
const hasJava = has('java', 'a JDK')

let examples: ExampleGateway

beforeAll(async () => {
  examples = await openExampleGateway()
})

afterAll(() => examples.close())

describe('docs/integration.md', () => {
  it('has the same programs as its Chinese page', () => {
    const PROGRAMS = ['js', 'python', 'java', 'go', 'php', 'csharp']
    const programs = (page: string) =>
      codeBlocks(page).filter(({ language, note }) => PROGRAMS.includes(language) && note !== 'no-run')
    const texts = (page: string) => programs(page).map(({ text }) => text)
    expect(texts(INTEGRATION)).toHaveLength(12)
    expect(texts(INTEGRATION_ZH)).toEqual(texts(INTEGRATION))
  })

  const herald = `node ${JSON.stringify(resolve(import.meta.dirname, '../../../gateway/bin/herald.mjs'))}`

  for (const [name, document] of Object.entries({ INTEGRATION, INTEGRATION_ZH })) {
    for (const block of runnable(document, 'sh')) {
      it.skipIf(!hasShell)(`has commands that work (${name}, ${named(block)})`, async () => {
        const isAdmins = block.text.includes('npx @herald/gateway')
        // Both pages make the same user, which the second may do too.
        const text = block.text.replaceAll(
          'npx @herald/gateway',
          isAdmins ? `HERALD_TOKEN=$ADMIN_TOKEN ${herald}` : herald,
        )
        // The page's idempotency keys belong to a sender of its own.
        const { token } = await examples.gateway.directory.createToken(null, {
          label: '',
          publish: ['*'],
          read: false,
          admin: false,
        })
        const running = examples.runShell(`HERALD_TOKEN=${token}\n${text}`).catch(acceptExisting)
        await expect(running).resolves.toBeDefined()
      })
    }
  }

  /** Runs a program of the page; it publishes to Ann. */
  async function expectPublishes(
    language: string,
    file: string,
    ...command: [string, ...string[]]
  ): Promise<void> {
    const { env, folder } = examples
    const [block] = runnable(INTEGRATION, language)
    const before = (await examples.gateway.log.head('user:ann'))?.head ?? 0
    writeFileSync(join(folder, file), block?.text ?? '')
    const [program, ...words] = [...command, join(folder, file)]
    for (let time = 0; time < 2; time++) await execute(program, words, { env, cwd: folder })
    const [message, ...others] = await examples.gateway.log.read('user:ann', { after: before, limit: 5 })
    expect(message).toMatchObject({ title: '订单 1042', body: '已付款' })
    expect(others, 'the second run had the same key').toEqual([])
  }

  it('has a program for Node that publishes once', () =>
    expectPublishes('js', 'publish.mjs', process.execPath))

  it.skipIf(!hasPython)('has a program for Python that publishes once', () =>
    expectPublishes('python', 'publish.py', 'python3'),
  )

  it.skipIf(!hasJava)(
    'has a program for Java that publishes once',
    () => expectPublishes('java', 'Publish.java', 'java', '-Dfile.encoding=UTF-8'),
    60_000,
  )

  it.skipIf(!hasGo)(
    'has a program for Go that publishes once',
    () => expectPublishes('go', 'publish.go', 'go', 'run'),
    GO_MS,
  )

  /** Runs a program of the page that gives Ann's browser a token; asks it for one. */
  async function expectToken(language: string, file: string, command: readonly string[]): Promise<void> {
    const block = codeBlocks(INTEGRATION).find((one) => one.language === language && one.note === 'token')
    const { env, folder } = examples
    const path = join(folder, file)
    writeFileSync(path, block?.text ?? '')
    const port = String(await freePort())
    if (language === 'go') await execute('go', ['build', '-o', `${path}.out`, path], { env, cwd: folder })
    const line: readonly string[] = language === 'go' ? [`${path}.out`] : [...command, path]
    const [program = '', ...words] = line
    const child = spawn(program, words, {
      env: { ...env, PORT: port },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ask = () =>
      fetch(`http://127.0.0.1:${port}/herald-token`, { method: 'POST' }).catch(() => undefined)
    await expect.poll(ask, { timeout: 30_000, interval: 100 }).toBeDefined()
    const token = (await (await ask())?.text()) ?? ''
    const me = await examples.gateway.call('GET', '/v1/me', { token })
    expect(me.json()).toMatchObject({ user: { id: 'ann' }, token: { scopes: { read: true, admin: false } } })
  }

  it('has a token endpoint for Node', () => expectToken('js', 'token.mjs', [process.execPath]))

  it.skipIf(!hasPython)('has a token endpoint for Python', () =>
    expectToken('python', 'token_endpoint.py', ['python3']),
  )

  it.skipIf(!hasJava)(
    'has a token endpoint for Java',
    () => expectToken('java', 'Token.java', ['java', '-Dfile.encoding=UTF-8']),
    60_000,
  )

  it.skipIf(!hasGo)('has a token endpoint for Go', () => expectToken('go', 'token.go', []), GO_MS)
})

function acceptExisting(error: unknown): unknown {
  if (error instanceof Error && 'stdout' in error && String(error.stdout).includes('user_exists'))
    return 'exists'
  throw error
}
