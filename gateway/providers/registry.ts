import {
  ProviderNameSchema,
  type ProviderCheck,
  type ProviderInfo,
  type ProviderName,
} from '@herald/protocol'
import { offReasons, providerPages, whereToRead } from './off-reasons'
import type { Provider, ReceiptReader } from './provider'

/** How long a service has to say whether its credentials work; the CLI waits a little longer for all (ms). */
const CHECK_TIMEOUT_MS = 10_000

/** The push services that the gateway has credentials for. */
export class ProviderRegistry {
  readonly #providers: readonly Provider[]

  constructor(providers: readonly Provider[]) {
    this.#providers = providers
  }

  find(name: ProviderName, app: string): Provider | undefined {
    return this.#providers.find(
      (provider) => provider.name === name && (provider.app === undefined || provider.app === app),
    )
  }

  /** The one app that a service is configured for; undefined when it is off or takes any. */
  appOf(name: ProviderName): string | undefined {
    return this.#providers.find((provider) => provider.name === name)?.app
  }

  /** Every service that there is, and why those are off that are. */
  list(): ProviderInfo[] {
    const isOn = (name: ProviderName): boolean => this.#providers.some((provider) => provider.name === name)
    return ProviderNameSchema.options.map((name) => {
      const on = isOn(name)
      return {
        name,
        on,
        why: on ? null : `${offReasons[name]}; see ${whereToRead(providerPages[name])}`,
        app: this.appOf(name) ?? null,
      }
    })
  }

  /**
   * Asks the services that are on, all at once, whether their credentials work. Never rejects: one that does not answer
   * in time, or fails in another way, is one that does not work.
   * @param signal ends the wait for all
   * @param only asks this one alone
   */
  async check(
    signal: AbortSignal,
    only?: ProviderName,
    timeoutMs: number = CHECK_TIMEOUT_MS,
  ): Promise<ProviderCheck[]> {
    const asked = this.#providers.filter(({ name }) => only === undefined || name === only)
    const checks = asked.map(async (provider) => {
      const result = await checkInTime(provider, signal, timeoutMs)
      return { name: provider.name, app: provider.app ?? null, ...result }
    })
    return Promise.all(checks)
  }

  /** Who understands a service's callbacks. */
  readerOf(name: ProviderName): ReceiptReader | undefined {
    return this.#providers.filter(isReader).find((provider) => provider.name === name)
  }

  async close(): Promise<void> {
    await Promise.all(this.#providers.map((provider) => provider.close()))
  }
}

function isReader(provider: Provider): provider is Provider & ReceiptReader {
  return 'readReceipts' in provider
}

async function checkInTime(
  provider: Provider,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<{ ok: boolean; detail: string }> {
  const late = AbortSignal.timeout(timeoutMs)
  const end = AbortSignal.any([signal, late])
  // A provider that does not heed the signal must not hold up the answer about the others.
  const ended = new Promise<never>((_resolve, reject) => {
    end.addEventListener('abort', () => {
      reject(new Error('ended'))
    })
  })
  try {
    end.throwIfAborted()
    return await Promise.race([provider.check(end), ended])
  } catch (error) {
    if (late.aborted) return { ok: false, detail: `no answer within ${String(timeoutMs / 1000)} s` }
    if (signal.aborted) return { ok: false, detail: 'the gateway is stopping' }
    return { ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}
