import * as protocol from '@herald/protocol'
import { errors } from '@herald/protocol'
import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment, readConfig } from '../../../gateway/process/config'
import { apiRoutes } from '../../../gateway/http/api'
import { openRateLimits } from '../../../gateway/http/rate-limits'
import { codeBlocks, readDocument, tableRows, variableRows, type CodeBlock } from './documents'
import { openTestGateway, type TestGateway } from './test-gateway'

const execute = promisify(execFile)

const HTTP_API = readDocument('docs/http-api.md')
const CONFIGURATION = readDocument('docs/configuration.md')
const INTEGRATION = readDocument('docs/integration.md')
const INTEGRATION_ZH = readDocument('docs/integration.zh-CN.md')

const PUSH_SERVICES = ['apns', 'fcm', 'hms', 'uni-push', 'jpush'].map((name) =>
  readDocument(`docs/push/${name}.md`),
)

/** Lists whose default is to be empty. */
const EMPTY_LISTS = new Set([
  ...['HERALD_ORIGINS', 'HERALD_TRUST_PROXY', 'HERALD_WEBPUSH_ALLOW', 'HERALD_PUSH_ID_ONLY'],
  'HERALD_JPUSH_AUDIENCES',
])

/** Whether a program is there that an example is for. What is left out without it is said, with what to install. */
function has(program: string, install: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`NOT RUN: the documents' examples for ${program}; install ${install} to run them\n`)
    return false
  }
}

/** Commands are for a shell with curl, which a bare machine with Node may not have. */
const hasShell = has('curl', 'curl') && process.platform !== 'win32'

const OFF = { publish: 0, requests: 0, address: 0, failures: 0, broken: 0 }

let gateway: TestGateway
let folder: string
let env: NodeJS.ProcessEnv

beforeAll(async () => {
  gateway = await openTestGateway()
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  folder = mkdtempSync(join(tmpdir(), 'herald-docs-'))
  // An answer that is an error must fail the example, which curl alone does not do.
  const curl = hasShell ? execFileSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).trim() : ''
  writeFileSync(join(folder, 'curl'), `#!/bin/sh\nexec ${curl} -sS --fail-with-body "$@"\n`)
  chmodSync(join(folder, 'curl'), 0o755)
  const admin = (
    await gateway.directory.createToken(null, { label: '', publish: [], read: false, admin: true })
  ).token
  env = {
    ...process.env,
    PATH: `${folder}${delimiter}${String(process.env.PATH)}`,
    ...{
      HERALD: url,
      ADMIN_TOKEN: admin,
      PUBLISH_TOKEN: gateway.tokens.publisherOfAll,
      TOKEN: gateway.tokens.reader,
    },
    ...{ HERALD_URL: url, HERALD_TOKEN: gateway.tokens.publisherOfAll, HERALD_ADMIN_TOKEN: admin },
    // What the page runs by npx: this checkout's tool.
    ...{ npm_config_update_notifier: 'false', npm_config_loglevel: 'error' },
  }
})

afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

const runnable = (document: string, language: string): CodeBlock[] =>
  codeBlocks(document).filter((block) => block.language === language && block.note !== 'no-run')

const named = (block: CodeBlock): string => `line ${String(block.line)}`

/** Runs commands as a shell would, stopping at the first that fails. */
const runShell = (text: string) => execute('sh', ['-e', '-c', text], { env, cwd: folder })

describe('docs/http-api.md', () => {
  it('lists the errors as they are', () => {
    const rows = Object.entries(errors).map(([code, error]) => [
      code,
      String(error.status),
      error.retryable ? 'yes' : 'no',
      error.meaning,
    ])
    expect(tableRows(HTTP_API, ['code', 'status', 'try again', 'meaning'])).toEqual(rows)
  })

  it('lists the routes as they are, with their rights', () => {
    const limits = openRateLimits(OFF, () => undefined)
    const routes = apiRoutes(gateway as never, limits).map(({ method, path, right }) => [method, path, right])
    const rows = tableRows(HTTP_API, ['method', 'path', 'right', 'what'])
    expect(rows.map((cells) => cells.slice(0, 3))).toEqual(routes)
  })

  it('names the limits that the settings have', () => {
    const { rates } = readConfig({}, false)
    const limits = tableRows(HTTP_API, ['what', 'limit', 'setting'])
      .slice(1)
      .map(([, limit]) => parseInt(limit ?? '', 10))
    expect(limits).toEqual([rates.publish, rates.requests, rates.address, rates.failures, rates.broken])
  })

  for (const block of codeBlocks(HTTP_API).filter(({ language }) => language === 'json')) {
    it(`shows a ${block.note} that is one (${named(block)})`, () => {
      const schema = (protocol as Record<string, unknown>)[`${block.note}Schema`] as v.GenericSchema
      const value: unknown = JSON.parse(block.text)
      expect(v.safeParse(schema, value).issues).toBeUndefined()
      expect(v.parse(schema, value), 'a field is not part of the shape').toEqual(value)
    })
  }

  for (const block of runnable(HTTP_API, 'sh')) {
    it.skipIf(!hasShell)(`has commands that work (${named(block)})`, async () => {
      await expect(runShell(block.text)).resolves.toBeDefined()
    })
  }
})

describe('docs/configuration.md', () => {
  it('describes every variable and no other, with its default', () => {
    const rows = [
      ...tableRows(CONFIGURATION, ['variable', 'default', 'what']),
      // Each push service has a page of its own; some have no defaults to tell.
      ...PUSH_SERVICES.flatMap(variableRows).map(([name, ...rest]) => [name, rest.length > 1 ? rest[0] : '']),
    ]
    expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(environment).sort())
    const written = Object.fromEntries(
      rows.filter(([, value]) => value !== '').map(([name, value]) => [name, value]),
    )
    // Said aloud, the defaults must make the same configuration as left out.
    expect(readConfig(written, false)).toEqual(readConfig({}, false))
    for (const [name, schema] of Object.entries(environment)) {
      const hasDefault = v.safeParse(schema, undefined).output !== undefined
      if (hasDefault && !EMPTY_LISTS.has(name)) expect(written, name).toHaveProperty(name)
    }
  })

  it('shows settings for a proxy that can be used', () => {
    const [block] = runnable(CONFIGURATION, 'sh')
    const lines = (block?.text ?? '')
      .trim()
      .split('\n')
      .map((line) => line.split('='))
    expect(readConfig(Object.fromEntries(lines) as Record<string, string>, false)).toMatchObject({
      trustProxy: ['loopback'],
      publicUrl: 'https://herald.example.com',
    })
  })
})

describe('docs/integration.md', () => {
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
        const { token } = await gateway.directory.createToken(null, {
          label: '',
          publish: ['*'],
          read: false,
          admin: false,
        })
        const running = runShell(`HERALD_TOKEN=${token}\n${text}`).catch(acceptExisting)
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
    const [block] = runnable(INTEGRATION, language)
    const before = (await gateway.log.head('user:ann'))?.head ?? 0
    writeFileSync(join(folder, file), block?.text ?? '')
    const [program, ...words] = [...command, join(folder, file)]
    for (let time = 0; time < 2; time++) await execute(program, words, { env, cwd: folder })
    const [message, ...others] = await gateway.log.read('user:ann', { after: before, limit: 5 })
    expect(message).toMatchObject({ title: '订单 1042', body: '已付款' })
    expect(others, 'the second run had the same key').toEqual([])
  }

  it('has a program for Node that publishes once', () =>
    expectPublishes('js', 'publish.mjs', process.execPath))

  it.skipIf(!has('python3', 'Python 3'))('has a program for Python that publishes once', () =>
    expectPublishes('python', 'publish.py', 'python3'),
  )

  it.skipIf(!has('java', 'a JDK'))(
    'has a program for Java that publishes once',
    () => expectPublishes('java', 'Publish.java', 'java', '-Dfile.encoding=UTF-8'),
    60_000,
  )
})

function acceptExisting(error: unknown): unknown {
  if (error instanceof Error && 'stdout' in error && String(error.stdout).includes('user_exists'))
    return 'exists'
  throw error
}
