import { ProviderNameSchema, type ProviderName } from '@herald/protocol'
import type { Provider, ReceiptReader } from './provider'

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

  list(): { name: ProviderName; on: boolean }[] {
    const isOn = (name: ProviderName): boolean => this.#providers.some((provider) => provider.name === name)
    return ProviderNameSchema.options.map((name) => ({ name, on: isOn(name) }))
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
