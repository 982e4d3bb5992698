import { MAX_HIDDEN, MAX_PRESENTED, type StorageWrite } from './storage'
import { asStorageError } from './indexed-db-error'

/** The object stores of a transaction. */
export type Stores = Record<'feeds' | 'rows' | 'hidden' | 'presented', IDBObjectStore>

const LIMITS = { hidden: MAX_HIDDEN, presented: MAX_PRESENTED } as const
type IdStoreName = keyof typeof LIMITS
const ID_STORES: readonly IdStoreName[] = ['hidden', 'presented']

/** The highest keys of ids, as far as they are known. */
export type LastKeys = Readonly<Partial<Record<IdStoreName, number>>>

/**
 * Requests that go to the database in one turn of the page. Each costs a tenth of a millisecond to send and as much
 * when it is answered: more at once would hold up what the user does.
 */
const REQUESTS_PER_TURN = 50

/** Whether a step needs no answer to know what to ask for. */
export function canGoAtOnce(change: StorageWrite, lastKeys: LastKeys): boolean {
  const known = ID_STORES.every((name) => (change[name]?.length ?? 0) === 0 || lastKeys[name] !== undefined)
  return known && (change.dropRows?.length ?? 0) === 0 && sizeOf(change) <= REQUESTS_PER_TURN
}

const sizeOf = ({ feeds, rows, hidden, presented }: StorageWrite): number =>
  (feeds?.length ?? 0) + (rows?.length ?? 0) + (hidden?.length ?? 0) + (presented?.length ?? 0)

/**
 * Sends a whole step and its commit in one turn. Ids are taken to be new, as they nearly always are: one that is not
 * fails the step with a ConstraintError, and is taken back with it. Gives the new last keys, which are there once
 * the transaction has ended.
 */
// eslint-disable-next-line @typescript-eslint/require-await -- what throws must reject, as it does in turns
export async function writeAtOnce(
  stores: Stores,
  change: StorageWrite,
  lastKeys: LastKeys,
): Promise<() => LastKeys> {
  dropFeedsAndOldRows(stores, change)
  for (const record of change.feeds ?? []) stores.feeds.put(record)
  for (const row of change.rows ?? []) stores.rows.put(row)
  const added = new Map<IdStoreName, IDBRequest<IDBValidKey>>()
  for (const name of ID_STORES) {
    const ids = new Set(change[name])
    for (const id of ids) added.set(name, stores[name].add(id))
    if (ids.size > 0) dropOldest(stores[name], (lastKeys[name] ?? 0) + ids.size, LIMITS[name])
  }
  stores.feeds.transaction.commit()
  return () => Object.fromEntries([...added].map(([name, request]) => [name, Number(request.result)]))
}

/** Writes a step of any size, as much in each turn of the page as does not hold it up; looks for ids that are there. */
export async function writeInTurns(stores: Stores, change: StorageWrite): Promise<() => LastKeys> {
  dropFeedsAndOldRows(stores, change)
  await dropRows(stores.rows, change.dropRows ?? [])
  for (const record of change.feeds ?? []) stores.feeds.put(record)
  const [hidden, presented] = await Promise.all([
    addIds(stores.hidden, change.hidden ?? [], MAX_HIDDEN),
    addIds(stores.presented, change.presented ?? [], MAX_PRESENTED),
    putAll(stores.rows, change.rows ?? []),
  ])
  return () => ({ ...(hidden !== undefined && { hidden }), ...(presented !== undefined && { presented }) })
}

function dropFeedsAndOldRows({ feeds, rows }: Stores, change: StorageWrite): void {
  for (const feed of change.dropFeeds ?? []) {
    feeds.delete(feed)
    // An array sorts after every number, so this is every seq of the feed.
    rows.delete(IDBKeyRange.bound([feed], [feed, []]))
  }
  for (const { feed, seq } of change.dropRowsBelow ?? []) {
    rows.delete(IDBKeyRange.bound([feed], [feed, seq], false, true))
  }
}

async function dropRows(rows: IDBObjectStore, ids: readonly string[]): Promise<void> {
  const keys = ids.map((id) => settled(rows.index('id').getAllKeys(id)))
  for (const key of (await Promise.all(keys)).flat()) rows.delete(key)
}

/** Puts all the values, some in each turn. */
async function putAll(store: IDBObjectStore, values: readonly unknown[]): Promise<void> {
  for (let start = 0; start < values.length; start += REQUESTS_PER_TURN) {
    const turn = values.slice(start, start + REQUESTS_PER_TURN)
    await lastOf(turn.map((value) => store.put(value)))
  }
}

/** Adds the ids that are new, drops the oldest past `limit`, and gives the last key if there is a new one. */
async function addIds(
  store: IDBObjectStore,
  ids: readonly string[],
  limit: number,
): Promise<number | undefined> {
  const fresh = await unknownIds(store, ids)
  let last: number | undefined
  for (let start = 0; start < fresh.length; start += REQUESTS_PER_TURN) {
    const turn = fresh.slice(start, start + REQUESTS_PER_TURN)
    last = Number(await lastOf(turn.map((id) => store.add(id))))
  }
  if (last !== undefined) dropOldest(store, last, limit)
  return last
}

/** Keys only ever go at the front, so they have no holes. */
function dropOldest(store: IDBObjectStore, last: number, limit: number): void {
  if (last > limit) store.delete(IDBKeyRange.upperBound(last - limit))
}

/** More ids than this are looked for in all that are stored, which is one request. */
const FEW_IDS = 5

async function unknownIds(store: IDBObjectStore, ids: readonly string[]): Promise<readonly string[]> {
  if (ids.length === 0) return []
  if (ids.length > FEW_IDS) {
    const known = new Set(await settled(store.getAll() as IDBRequest<string[]>))
    return [...new Set(ids)].filter((id) => !known.has(id))
  }
  const unique = [...new Set(ids)]
  const keys = await Promise.all(unique.map((id) => settled(store.index('id').getKey(id))))
  return unique.filter((_, index) => keys[index] === undefined)
}

/** The result of the last request: they are answered in the order in which they were made (§2.7.1). */
async function lastOf<Result>(requests: readonly IDBRequest<Result>[]): Promise<Result | undefined> {
  const last = requests.at(-1)
  // One that fails before it aborts the transaction, which is heard of by its end.
  return last && settled(last)
}

/** A request's result. Rejects with a StorageError. */
export function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(asStorageError(request.error))
    }
  })
}
