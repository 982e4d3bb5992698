import { NatsCluster } from '@herald/engines/nats'
import { makeLocalCertificate } from '@herald/push-fakes/certificate'
import { nkeys } from '@nats-io/transport-node'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { natsWire, type NatsOptions } from '../../../gateway/bus/nats'
import type { Wire } from '../../../gateway/bus/wire'
import { wireSuite } from '../contracts/wire-suite'
import { temporaryFolder } from '../temporary-store'

async function startNats(config = '', count = 1): Promise<NatsCluster> {
  const nats = await NatsCluster.start({ config, count })
  onTestFinished(() => nats.dispose())
  return nats
}

const NOBODY = { user: undefined, secret: undefined, tls: undefined }

const serversOf = (nats: NatsCluster, host = '127.0.0.1'): string[] =>
  nats.servers.map(({ port }) => `${host}:${String(port)}`)

wireSuite('by a NATS server', async () => {
  const nats = await startNats()
  return {
    open: natsWire({ ...NOBODY, servers: serversOf(nats), subject: 'herald.test', onFault: () => undefined }),
    cut: () => Promise.all(nats.servers.map((server) => server.kill())).then(() => undefined),
    heal: () => Promise.all(nats.servers.map((server) => server.run())).then(() => undefined),
  }
})

/** A wire, and what it said of its connection. */
async function openWire(options: Partial<NatsOptions> & Pick<NatsOptions, 'servers'>) {
  const faults: string[] = []
  const heard: string[] = []
  const open = natsWire({
    ...{ ...NOBODY, subject: 'herald.test', onFault: (error) => faults.push(String(error)) },
    ...options,
  })
  const wire = await open((text) => heard.push(text))
  onTestFinished(() => wire.close())
  return { wire, faults, heard }
}

/** Whether what one says comes to another. */
async function expectHeard(from: Wire, to: { readonly heard: readonly string[] }): Promise<void> {
  from.send('hello')
  await expect.poll(() => to.heard).toContain('hello')
}

describe('a wire on NATS', () => {
  it('shows a password, a token or an nkey, and says why it has no way with a wrong one', async () => {
    const key = nkeys.createUser()
    const seed = Buffer.from(key.getSeed()).toString()
    const cases = [
      { config: 'authorization { user: ann, password: "s3cret" }', user: 'ann', secret: 's3cret' },
      { config: 'authorization { token: "s3cret" }', user: undefined, secret: 's3cret' },
      {
        config: `authorization { users: [ { nkey: ${key.getPublicKey()} } ] }`,
        ...{ user: undefined, secret: seed },
      },
    ]
    for (const { config, user, secret } of cases) {
      const servers = serversOf(await startNats(config))
      const [one, two] = [
        await openWire({ servers, user, secret: () => secret }),
        await openWire({ servers, user, secret: () => secret }),
      ]
      await expectHeard(one.wire, two)
      const wrong = await openWire({ servers, user, secret: () => 'wrong' })
      expect(wrong.wire.isOpen).toBe(false)
      expect(wrong.faults).toHaveLength(1)
      expect(wrong.faults[0]).toMatch(/authorization/i)
    }
  })

  it('takes a password that was changed in its file', async () => {
    let secret = 'old'
    const nats = await startNats('authorization { user: ann, password: "new" }')
    const { wire } = await openWire({ servers: serversOf(nats), user: 'ann', secret: () => secret })
    expect(wire.isOpen).toBe(false)
    secret = 'new'
    await expect.poll(() => wire.isOpen).toBe(true)
  })

  it('speaks TLS with servers that it knows, and refuses those without it', async () => {
    const folder = temporaryFolder()
    const { cert, key } = makeLocalCertificate()
    for (const [name, pem] of Object.entries({ cert, key })) writeFileSync(join(folder, name), pem)
    const secured = await startNats(
      `tls { cert_file: "${join(folder, 'cert')}", key_file: "${join(folder, 'key')}" }`,
    )
    const [one, two] = [
      await openWire({ servers: serversOf(secured, 'localhost'), tls: { ca: cert } }),
      await openWire({ servers: serversOf(secured, 'localhost'), tls: { ca: cert } }),
    ]
    await expectHeard(one.wire, two)
    const stranger = await openWire({ servers: serversOf(secured, 'localhost'), tls: { ca: undefined } })
    expect(stranger.wire.isOpen).toBe(false)
    const plain = await openWire({ servers: serversOf(await startNats()), tls: { ca: undefined } })
    expect(plain.wire.isOpen).toBe(false)
    expect(plain.faults[0]).toMatch(/tls/i)
  })

  it('hears nobody who speaks on another subject', async () => {
    const servers = serversOf(await startNats())
    const [one, two, other] = [
      await openWire({ servers }),
      await openWire({ servers }),
      await openWire({ servers, subject: 'herald.other' }),
    ]
    await expectHeard(one.wire, two)
    expect(other.heard).toEqual([])
  })

  it('has no way where it may not speak or listen', async () => {
    for (const denied of ['publish', 'subscribe']) {
      const nats = await startNats(
        `authorization { users: [ { user: ann, password: "p", permissions: { ${denied}: { deny: "herald.>" } } } ] }`,
      )
      const { wire, faults } = await openWire({ servers: serversOf(nats), user: 'ann', secret: () => 'p' })
      wire.send('hello')
      await expect.poll(() => faults.join()).toMatch(/permissions violation/i)
    }
  })

  it('goes to another server when its own is killed or frozen, and loses what it is told meanwhile', async () => {
    const nats = await startNats('', 3)
    const servers = serversOf(nats)
    const [one, two] = [await openWire({ servers }), await openWire({ servers })]
    await expectHeard(one.wire, two)
    const [first, second, third] = nats.servers
    await first?.kill()
    let count = 0
    const heardAgain = async (): Promise<void> => {
      const before = two.heard.length
      await expect
        .poll(() => {
          one.wire.send(String((count += 1)))
          return two.heard.length
        })
        .toBeGreaterThan(before)
    }
    await expect.poll(() => [one.wire.isOpen, two.wire.isOpen]).toEqual([true, true])
    await heardAgain()
    second?.signal('SIGSTOP')
    onTestFinished(() => {
      second?.signal('SIGCONT')
    })
    await heardAgain()
    await third?.kill()
    await expect.poll(() => [one.wire.isOpen, two.wire.isOpen]).toEqual([false, false])
    second?.signal('SIGCONT')
    await heardAgain()
  })

  it('drops what a server does not take', async () => {
    const nats = await startNats()
    const { wire } = await openWire({ servers: serversOf(nats) })
    const [server] = nats.servers
    server?.signal('SIGSTOP')
    const before = process.memoryUsage().rss
    const text = 'x'.repeat(100_000)
    for (let count = 0; count < 3000; count += 1) wire.send(text)
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
    server?.signal('SIGCONT')
    await expect.poll(() => wire.isOpen).toBe(true)
  })
})
