import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { codeBlocks, readDocument } from '../http/documents'
import { AttackedGateway } from './attacked-gateway'

const execute = promisify(execFile)

/** Whether a program is there; what is left out without it is said. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`NOT RUN: the upgrade that ${program} offers; install ${program} to run it\n`)
    return false
  }
}

const BODY = JSON.stringify({ title: 'Deployed', body: '已上线' })

describe('an upgrade that is not offered', () => {
  it('is ignored, also when the body comes later and in parts', async () => {
    const gateway = await AttackedGateway.start()
    const socket = await gateway.connect()
    let heard = ''
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString()))
    const body = Buffer.from(BODY)
    const head = [
      'POST /v1/feeds/all/messages HTTP/1.1',
      'Host: localhost',
      'Connection: keep-alive, Upgrade, HTTP2-Settings',
      'Upgrade: h2c',
      'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      `Authorization: Bearer ${gateway.process.publishToken}`,
      'Content-Type: application/json',
      `Content-Length: ${String(body.length)}`,
    ].join('\r\n')
    socket.write(`${head}\r\n\r\n`)
    socket.write(body.subarray(0, 20))
    // A turn of the network, so that the second half is no part of the request's first bytes.
    await expect.poll(async () => (await fetch(`${gateway.process.url}/healthz`)).status).toBe(200)
    socket.write(body.subarray(20))
    // Whole, and the last of its connection.
    await expect.poll(() => socket.readableEnded).toBe(true)
    expect(heard).toMatch(/^HTTP\/1\.1 201 [^]*\r\nConnection: close\r\n[^]*"followers":\d+\}$/)
  })

  it.skipIf(!has('java'))(
    'lets the documented Java program publish over plain http, once',
    { timeout: 90_000 },
    async () => {
      const gateway = await AttackedGateway.start()
      await gateway.process.request('POST', '/v1/users', { body: { id: 'ann' } })
      const block = codeBlocks(readDocument('docs/integration.md')).find(
        ({ language }) => language === 'java',
      )
      const folder = mkdtempSync(join(tmpdir(), 'herald-java-'))
      onTestFinished(() => {
        rmSync(folder, { recursive: true, force: true })
      })
      writeFileSync(join(folder, 'Publish.java'), block?.text ?? '')
      const env = {
        ...process.env,
        HERALD_URL: gateway.process.url,
        HERALD_TOKEN: gateway.process.publishToken,
      }
      for (let time = 0; time < 2; time += 1)
        await execute('java', ['-Dfile.encoding=UTF-8', join(folder, 'Publish.java')], { env })
      const { token } = await gateway.process.readToken('ann')
      const { body } = await gateway.process.request('GET', '/v1/feeds/user:ann/messages', { token })
      expect(body.messages).toMatchObject([{ title: '订单 1042', body: '已付款' }])
    },
  )

  it.skipIf(!has('curl'))('lets curl --http2 publish', async () => {
    const gateway = await AttackedGateway.start()
    const { stdout } = await execute('curl', [
      ...['-sS', '--http2', '-o', '-', '-w', '\n%{http_code}', '-d', BODY],
      ...[
        '-H',
        `Authorization: Bearer ${gateway.process.publishToken}`,
        '-H',
        'Content-Type: application/json',
      ],
      `${gateway.process.url}/v1/feeds/all/messages`,
    ])
    expect(stdout).toMatch(/\n201$/)
  })
})
