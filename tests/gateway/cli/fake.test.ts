import type { DeviceBody } from '@herald/protocol'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../../../gateway/cli/program'
import { readConfig, unknownSettings } from '../../../gateway/process/config'
import { fakes, type FakeName } from '@herald/push-fakes/fakes'
import packageJson from '../../../gateway/package.json' with { type: 'json' }
import { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import { openProviders } from '../../../gateway/providers/open-providers'
import type { MessageAlert, Provider } from '../../../gateway/providers/provider'
import { messagePayload, never } from '../providers/push-alerts'
import { BIN, environment, MAIN, QUIET, temporaryFolder } from './program'

interface Started {
  readonly url: string
  readonly variables: Record<string, string>
  readonly device: Pick<DeviceBody, 'platform' | 'push'>
}

/** Runs `herald --json fake` while `use` lasts; gives back what it printed, value by value. */
async function withFake(
  name: string,
  words: readonly string[],
  use: (started: Started) => Promise<void>,
): Promise<{ code: number; printed: { what?: string; detail?: string }[]; errors: string }> {
  const printed: object[] = []
  let errors = ''
  let begin = (_started: Started): void => undefined
  const started = new Promise<Started>((resolve) => (begin = resolve))
  const code = await runProgram(['--json', 'fake', name, ...words], {
    ...QUIET,
    env: {},
    write(line) {
      printed.push(JSON.parse(line) as object)
      if (printed.length === 1) begin(printed[0] as Started)
    },
    complain: (line) => (errors += line),
    stopped: async () => use(await started),
  })
  return { code, printed: printed.slice(1), errors }
}

/** The provider that a gateway with these variables opens. */
function openProvider({ variables, device }: Started): Provider {
  const env = { HERALD_WEBPUSH: 'off', ...variables }
  if ('HERALD_WEBPUSH_ALLOW' in variables) env.HERALD_WEBPUSH = 'on'
  expect(unknownSettings(variables)).toEqual([])
  const settings = readConfig(env, false).providers
  const guard = new EndpointGuard(settings.webpush?.allow ?? [])
  const vapidKeys = { load: () => undefined, save: () => undefined }
  const opened = openProviders(settings, { guard, vapidKeys, now: Date.now })
  const [provider, ...others] = opened
  expect(others).toEqual([])
  expect(provider?.name).toBe(device.push[0]?.provider)
  if (provider === undefined) throw new Error('no provider was opened')
  return provider
}

function alert(): MessageAlert {
  const id = randomUUID()
  return {
    ...{ type: 'message', pushId: randomUUID(), collapseId: id, badge: 1, title: 'Order 1042', body: 'Paid' },
    ...{ payload: messagePayload(id, { title: 'Order 1042', body: 'Paid' }), priority: 4, thread: 'all' },
    ...{ sound: true, expires: Date.now() + 60_000 },
  }
}

/** Sends as escalation does: what makes a repeat safe is got first. */
async function send(provider: Provider, target: Parameters<Provider['send']>[0]) {
  const handle = await provider.prepare?.(never())
  return provider.send(target, { ...alert(), ...(handle !== undefined && { handle }) }, never())
}

describe.each(Object.keys(fakes) as FakeName[])('herald fake %s', (name) => {
  it('takes a push to the device that it prints, and refuses one to another, and says so', async () => {
    let files: string[] = []
    const { code, printed } = await withFake(name, [], async (started) => {
      files = Object.values(started.variables).filter((value) => value.startsWith('/'))
      for (const file of files) expect(existsSync(file), file).toBe(true)
      const provider = openProvider(started)
      const [target] = started.device.push
      if (target === undefined) throw new Error('no device was printed')
      expect(await send(provider, target)).toMatchObject({ type: 'accepted' })
      const stranger = { ...target, token: target.token.replace(/[\w-]{4}$/, '0f0f') }
      expect((await send(provider, stranger)).type).not.toBe('accepted')
      await provider.close()
    })
    expect(code).toBe(0)
    const whats = printed.map(({ what }) => what)
    expect(whats).toContain('accepted')
    expect(whats.at(-1)).toBe('refused')
    expect(printed.find(({ what }) => what === 'shows')?.detail).toBe('“Order 1042” Paid')
    for (const file of files) expect(existsSync(file), `${file} is left`).toBe(false)
  })

  it.runIf(name !== 'webpush')('gives credentials that the check finds good', async () => {
    const { printed } = await withFake(name, [], async (started) => {
      const provider = openProvider(started)
      expect(await provider.check(never())).toMatchObject({ ok: true })
      await provider.close()
    })
    const gates = name === 'apns' ? ['production POST', 'sandbox POST'] : []
    for (const gate of gates) expect(printed.map(({ detail }) => detail).join('\n')).toContain(gate)
  })
})

describe('herald fake', () => {
  it('says that its port is taken, and knows no other services', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const port = String((server.address() as AddressInfo).port)
    const { code, errors } = await withFake('jpush', ['--port', port], () => Promise.resolve())
    server.close()
    expect([code, errors]).toEqual([2, `herald: port ${port} is taken\n`])
    expect((await withFake('jpush', ['--port', '70000'], () => Promise.resolve())).code).toBe(2)
    expect((await withFake('pigeon', [], () => Promise.resolve())).code).toBe(2)
  })

  it('is in a bundle that needs nothing but what is installed with the gateway', () => {
    const bundle = readFileSync(join(dirname(MAIN), 'herald.js'), 'utf8')
    const names = [...bundle.matchAll(/^(?:import|export) .*?(?:from )?"([^"]+)";$|^\} from "([^"]+)";$/gm)]
      .map(([, one, other]) => one ?? other ?? '')
      .filter((name) => !name.startsWith('node:'))
    expect(new Set(names)).toEqual(new Set(['libsql']))
    for (const name of names) expect(Object.keys(packageJson.dependencies)).toContain(name)
  })

  it('runs from the bundle until Ctrl-C, and leaves nothing behind', async () => {
    const child = spawn(process.execPath, [BIN, 'fake', 'apns'], {
      env: environment({ TMPDIR: temporaryFolder() }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let out = ''
    const errors = text(child.stderr)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString()
        if (out.includes('/v1/me/devices/fake-apns-1')) resolve()
      })
      void ended.then(() => resolve())
    })
    const file = /export HERALD_APNS_KEY_FILE='([^']+)'/.exec(out)?.[1] ?? ''
    expect(existsSync(file)).toBe(true)
    child.kill('SIGINT')
    expect([await ended, await errors]).toEqual([0, ''])
    expect(existsSync(file)).toBe(false)
  })
})
