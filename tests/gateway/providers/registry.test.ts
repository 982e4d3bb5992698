import { ProviderNameSchema } from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import { readConfig } from '../../../gateway/process/config'
import { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import { openProviders } from '../../../gateway/providers/open-providers'
import { providerEnvironment } from '../../../gateway/providers/provider-settings'
import type { CheckResult } from '../../../gateway/providers/provider'
import { ProviderRegistry } from '../../../gateway/providers/registry'
import { ScriptedProvider } from '../escalation/escalation-world'
import { readDocument } from '../http/documents'
import { messagePayload, targetOf } from './push-alerts'

const means = {
  guard: new EndpointGuard([]),
  vapidKeys: { load: () => undefined, save: () => undefined },
  now: Date.now,
}

const open = (env: Record<string, string>) => openProviders(readConfig(env, false).providers, means)

/** A provider whose check a test gives. */
class Checked extends ScriptedProvider {
  readonly #check: (signal: AbortSignal) => Promise<CheckResult>

  constructor(name: 'apns' | 'jpush' | 'fcm', check: (signal: AbortSignal) => Promise<CheckResult>) {
    super(name)
    this.#check = check
  }

  override check(signal?: AbortSignal) {
    return this.#check(signal ?? new AbortController().signal)
  }
}

const never = (): AbortSignal => new AbortController().signal
const works = () => Promise.resolve({ ok: true, detail: 'good' })

describe('the list of push services', () => {
  const off = new ProviderRegistry(open({ HERALD_WEBPUSH: 'off' })).list()

  it('has every service, and all are off without credentials', () => {
    expect(off.map(({ name, on, app }) => [name, on, app])).toEqual(
      ProviderNameSchema.options.map((name) => [name, false, null]),
    )
  })

  it.each(off.map(({ name, why }) => [name, why ?? '']))(
    'says of %s which variable to set, and a page that describes it',
    (_name, why) => {
      const variables = why.match(/HERALD_\w+/g) ?? []
      const page = /docs\/push\/[\w-]+\.md(?= in a clone$)/.exec(why)?.[0]
      expect(variables).not.toEqual([])
      for (const variable of variables) {
        expect(providerEnvironment).toHaveProperty(variable)
        const documents = [readDocument(page ?? ''), readDocument('docs/configuration.md')].join('\n')
        expect(documents).toContain(`\`${variable}\``)
      }
    },
  )

  it('says for which app a service is on, and no reason then', () => {
    const env = { HERALD_JPUSH_APP_KEY: 'app-key', HERALD_JPUSH_MASTER_SECRET: 'secret' }
    const list = new ProviderRegistry(open(env)).list()
    expect(list.find(({ name }) => name === 'jpush')).toEqual({
      ...{ name: 'jpush', on: true, why: null, app: 'app-key' },
    })
    expect(list.find(({ name }) => name === 'webpush')).toMatchObject({ on: true, why: null })
  })
})

describe('a push service', () => {
  it('goes by the clock that the gateway goes by', async () => {
    const inADay = Date.now() + 86_400_000
    const [webpush] = openProviders(readConfig({}, false).providers, { ...means, now: () => inADay })
    const target = {
      ...targetOf('webpush', webpush?.app ?? '', 'https://fcm.googleapis.com/fcm/send/x'),
      keys: { p256dh: 'x'.repeat(87), auth: 'x'.repeat(22) },
    }
    const outcome = await webpush?.send(
      target,
      {
        ...{ type: 'message', pushId: 'a', collapseId: 'a', badge: 1, title: '', body: 'x' },
        ...{ priority: 3, thread: 'all', sound: true, payload: messagePayload('a') },
        expires: Date.now() + 60_000,
      },
      never(),
    )
    expect(outcome).toMatchObject({ type: 'refused', why: 'expired before it was sent' })
  })
})

describe('the check of all services', () => {
  it('gives each its own word, also when one throws', async () => {
    const failing = new Checked('jpush', () => Promise.reject(new Error('a fault in the provider')))
    const registry = new ProviderRegistry([new Checked('apns', works), failing])
    expect(await registry.check(never())).toEqual([
      { name: 'apns', app: null, ok: true, detail: 'good' },
      { name: 'jpush', app: null, ok: false, detail: 'a fault in the provider' },
    ])
  })

  it('waits for none that does not answer, nor heeds its signal', async () => {
    const hanging = new Checked('jpush', () => new Promise(() => undefined))
    const registry = new ProviderRegistry([hanging, new Checked('apns', works)])
    expect(await registry.check(never(), undefined, 20)).toMatchObject([
      { name: 'jpush', ok: false, detail: 'no answer within 0.02 s' },
      { name: 'apns', ok: true },
    ])
  })

  it('begins all at once', async () => {
    let begun = 0
    const together = new Promise<void>((resolve) => {
      const poll = (): void => (begun === 2 ? resolve() : void setImmediate(poll))
      poll()
    })
    const waiting = async (): Promise<CheckResult> => {
      begun++
      await together
      return { ok: true, detail: 'met the other' }
    }
    const registry = new ProviderRegistry([new Checked('apns', waiting), new Checked('jpush', waiting)])
    expect((await registry.check(never())).map(({ detail }) => detail)).toEqual([
      'met the other',
      'met the other',
    ])
  })

  it('ends when the gateway stops', async () => {
    const stopping = new AbortController()
    const hanging = new Checked('apns', () => {
      stopping.abort()
      return new Promise(() => undefined)
    })
    const registry = new ProviderRegistry([hanging])
    const stopped = [{ name: 'apns', ok: false, detail: 'the gateway is stopping' }]
    expect(await registry.check(stopping.signal)).toMatchObject(stopped)
    expect(await registry.check(stopping.signal), 'asked too late').toMatchObject(stopped)
  })
})
