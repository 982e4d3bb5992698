import { onTestFinished } from 'vitest'
import type { Bus } from '../../../gateway/contracts/bus'
import type { Store } from '../../../gateway/contracts/store'
import { openPostgresStore, type PostgresOptions } from '../../../gateway/stores/postgres/open'
import { testBus } from '../temporary-store'
import { newDatabase } from './new-database'

const KEEP_ALL = { maxAgeMs: 10 ** 15, maxCount: 10 ** 12 }

/** A store, closed when the test has ended, with the bus that it tells. */
export async function openPostgres(
  options: Partial<PostgresOptions> = {},
): Promise<Store & { readonly bus: Bus }> {
  const bus = options.bus === undefined ? testBus() : (options.bus as Bus)
  const uri = options.uri ?? (await newDatabase())
  const store = await openPostgresStore({ retention: KEEP_ALL, ...options, uri, bus })
  onTestFinished(() => store.close())
  return Object.assign(store, { bus })
}
