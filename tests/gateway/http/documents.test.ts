import * as protocol from '@herald/protocol'
import { errors } from '@herald/protocol'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { environment, readConfig } from '../../../gateway/process/config'
import { apiRoutes } from '../../../gateway/http/api'
import { openRateLimits } from '../../../gateway/http/rate-limits'
import { codeBlocks, readDocument, rowsOfAll, tableRows, variableRows } from './documents'
import { openTestGateway } from './test-gateway'
import { hasShell, named, openExampleGateway, runnable, type ExampleGateway } from './examples'

const HTTP_API = readDocument('docs/http-api.md')
const HTTP_API_ZH = readDocument('docs/http-api.zh-CN.md')
const CONFIGURATION = readDocument('docs/configuration.md')
const CONFIGURATION_ZH = readDocument('docs/configuration.zh-CN.md')

const PUSH_SERVICES = ['apns', 'fcm', 'hms', 'uni-push', 'jpush'].map((name) =>
  readDocument(`docs/push/${name}.md`),
)

/** Lists whose default is to be empty. */
const EMPTY_LISTS = new Set([
  ...['HERALD_ORIGINS', 'HERALD_TRUST_PROXY', 'HERALD_WEBPUSH_ALLOW', 'HERALD_PUSH_ID_ONLY'],
  'HERALD_JPUSH_AUDIENCES',
])

const OFF = { publish: 0, requests: 0, address: 0, failures: 0, broken: 0 }

let examples: ExampleGateway

beforeAll(async () => {
  examples = await openExampleGateway()
})

afterAll(() => examples.close())

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
    const routes = apiRoutes(examples.gateway as never, limits).map(({ method, path, right }) => [
      method,
      path,
      right,
    ])
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
      await expect(examples.runShell(block.text)).resolves.toBeDefined()
    })
  }
})

describe('docs/http-api.zh-CN.md', () => {
  it('has the same programs and values as the English page', () => {
    expect(codeBlocks(HTTP_API_ZH).map(({ text }) => text)).toEqual(
      codeBlocks(HTTP_API).map(({ text }) => text),
    )
  })

  it('lists the same routes, errors and limits', () => {
    const firstCells = (page: string, heads: readonly string[], count: number) =>
      tableRows(page, heads).map((cells) => cells.slice(0, count))
    const en = [
      ['method', 'path', 'right', 'what'],
      ['code', 'status', 'try again', 'meaning'],
      ['path', 'what'],
    ]
    const zh = [
      ['方法', '路径', '权限', '作用'],
      ['代码', '状态', '可重试', '含义'],
      ['路径', '作用'],
    ]
    for (const [at, count] of [3, 2, 1].entries()) {
      expect(firstCells(HTTP_API_ZH, zh[at] ?? [], count)).toEqual(firstCells(HTTP_API, en[at] ?? [], count))
    }
    const last = (page: string, heads: readonly string[]) =>
      tableRows(page, heads).map((cells) => cells.at(-1))
    expect(last(HTTP_API_ZH, ['内容', '限制', '设置'])).toEqual(last(HTTP_API, ['what', 'limit', 'setting']))
  })
})

describe('docs/configuration.md', () => {
  it('describes every variable and no other, with its default', () => {
    const rows = [
      ...rowsOfAll(CONFIGURATION, ['variable', 'default', 'what']),
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

  it.each([
    ['docs/configuration.md', CONFIGURATION],
    ['docs/configuration.zh-CN.md', CONFIGURATION_ZH],
  ])('begins with a small production setup that can be used: %s', (_name, page) => {
    const [block] = codeBlocks(page).filter(({ language }) => language === 'ini')
    const lines = [...(block?.text ?? '').matchAll(/^Environment=(\w+)=(.*)$/gm)]
    const settings = Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]))
    expect(readConfig(settings, false)).toMatchObject({
      ...{ host: '127.0.0.1', trustProxy: ['loopback'], publicUrl: 'https://herald.example.com' },
      ...{ retention: { maxAgeMs: 90 * 86_400_000 }, maxStoreBytes: 10_000 * 1024 * 1024 },
    })
  })

  it.each(['configuration', 'push/uni-push', 'push/jpush', 'push/hms'])(
    'and its Chinese page have the same variables with the same defaults: docs/%s',
    (name) => {
      const [english, chinese] = ['md', 'zh-CN.md'].map((end) =>
        variableRows(readDocument(`docs/${name}.${end}`)),
      )
      const settings = (rows: string[][] | undefined) =>
        rows?.map((cells) => (cells.length > 2 ? cells.slice(0, 2) : cells.slice(0, 1)))
      expect(english?.length).toBeGreaterThan(3)
      expect(settings(chinese)).toEqual(settings(english))
    },
  )

  it.each([
    ['docs/configuration.md', CONFIGURATION],
    ['docs/configuration.zh-CN.md', CONFIGURATION_ZH],
  ])('shows proxies that send the headers that the gateway sends under https: %s', async (_name, page) => {
    const gateway = await openTestGateway({ env: { HERALD_TRUST_PROXY: 'loopback' } })
    const forwarded = { host: 'herald.example.com', 'x-forwarded-proto': 'https' }
    const { headers } = await gateway.call('GET', '/healthz', { from: '127.0.0.1', headers: forwarded })
    await gateway.close()
    const textOf = (language: string): string =>
      codeBlocks(page)
        .filter((block) => block.language === language)
        .map(({ text }) => text)
        .join('\n')
    for (const name of ['Strict-Transport-Security', 'Cross-Origin-Opener-Policy']) {
      const value = headers[name.toLowerCase()]
      expect(value, name).toEqual(expect.any(String))
      // nginx would send the gateway's beside its own.
      expect(textOf('nginx')).toContain(`add_header ${name} "${String(value)}" always;`)
      expect(textOf('nginx')).toContain(`proxy_hide_header ${name};`)
      expect(textOf('caddy')).toContain(`header >${name} "${String(value)}"`)
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
