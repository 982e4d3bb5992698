import { describe, expect, it, onTestFinished } from 'vitest'
import { Writable } from 'node:stream'
import type { Logger } from 'pino'
import { flatLines, openLog } from '../../../gateway/process/log'
import { openTestGateway } from './test-gateway'

describe('the request log', () => {
  it('has a line for each request, with the pattern of its route', async () => {
    const gateway = await openTestGateway()
    onTestFinished(() => gateway.close())
    gateway.logged.length = 0
    await gateway.call('GET', '/v1/feeds/topic:private-name/messages?limit=1', {
      token: gateway.tokens.reader,
    })
    const lines = gateway.logged.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        reqId: expect.any(String),
        method: 'GET',
        route: '/v1/feeds/:feed/messages',
        status: 404,
        ms: expect.any(Number),
        tokenId: expect.stringMatching(/^t_/),
        msg: 'request',
      },
    ])
  })

  it('holds no token, code, body, header or query, whatever happens', async () => {
    const gateway = await openTestGateway()
    onTestFinished(() => gateway.close())
    const { tokens, call } = gateway
    const { code } = await gateway.directory.createSignInCode('ann')
    const text = 'body-4711'
    const OPS = '/v1/feeds/topic:ops/messages'
    await call('POST', OPS, {
      token: tokens.publisher,
      body: { body: text, title: 'title-4711' },
      headers: { 'idempotency-key': 'key-4711' },
    })
    await call('POST', OPS, {
      token: tokens.publisher,
      body: `{"${text}`,
      headers: { 'content-type': 'application/json' },
    })
    await call('POST', OPS, {
      token: tokens.publisher,
      body: text,
      headers: { 'content-type': 'text/plain', title: 'title-4711', priority: 'loud-4711' },
    })
    await call('POST', OPS, { token: tokens.reader, body: text })
    await call('GET', `/v1/me?token=${tokens.reader}&x=query-4711`)
    await call('GET', '/v1/me', {
      token: 'wrong-4711',
      headers: { cookie: 'cookie-4711', 'x-other': 'header-4711' },
    })
    await call('POST', '/v1/sign-in', { body: { code } })
    await call('POST', '/v1/sign-in', { body: { code, 'field-4711': 1 } })
    await call('GET', '/path-4711')
    const log = gateway.logged.join('')
    expect(gateway.logged.length).toBeGreaterThan(8)
    expect(log).not.toContain('4711')
    expect(log).not.toContain(code)
    for (const secret of Object.values(tokens)) expect(log).not.toContain(secret)
  })

  it.each([
    ['at any depth', (logger: Logger) => logger],
    ['at the top of a flat line', (logger: Logger) => flatLines(logger)],
  ])('blots out secrets that somebody logs by mistake, %s', (_where, open) => {
    let written = ''
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written += chunk.toString()
        done()
      },
    })
    const logger = openLog('info', sink)
    open(logger).info({ token: 'secret-1', authorization: 'secret-2', body: 'secret-3' }, 'x')
    logger.info({ request: { headers: { authorization: 'secret-4' }, body: 'secret-5' } }, 'x')
    expect(written).toContain('[redacted]')
    expect(written).not.toContain('secret-')
  })
})
