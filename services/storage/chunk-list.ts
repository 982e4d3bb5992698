/** How large a chunk may grow: well under WeChat's 1 MB of one key, and small enough to write again for one row. */
export interface ChunkLimits {
  readonly items: number
  /** UTF-8 bytes of the chunk's JSON. */
  readonly bytes: number
}

/** A run of items under one storage key. `key` is null until it is written; chunks are never changed in place. */
export interface Chunk<Item> {
  readonly key: string | null
  readonly bytes: number
  readonly items: readonly Item[]
}

/** Drops items and adds others at the end. Only chunks that change become new ones, with no key yet. */
export function editChunks<Item>(
  chunks: readonly Chunk<Item>[],
  drops: (item: Item) => boolean,
  added: readonly Item[],
  limits: ChunkLimits,
): readonly Chunk<Item>[] {
  const edited: Chunk<Item>[] = []
  for (const chunk of chunks) {
    const kept = chunk.items.filter((item) => !drops(item))
    if (kept.length === chunk.items.length) edited.push(chunk)
    else if (kept.length > 0) pushMerged(edited, chunkOf(kept), limits)
  }
  for (const item of added) appendItem(edited, item, limits)
  return edited
}

/** Items of a list in order. */
export const itemsOf = <Item>(chunks: readonly Chunk<Item>[]): Item[] =>
  chunks.flatMap((chunk) => chunk.items)

export const totalBytes = (chunks: readonly Chunk<unknown>[]): number =>
  chunks.reduce((sum, chunk) => sum + chunk.bytes, 0)

/** What was read from storage under `key`. */
export function storedChunk<Item>(key: string, bytes: number, items: readonly Item[]): Chunk<Item> {
  return { key, bytes, items }
}

function chunkOf<Item>(items: readonly Item[]): Chunk<Item> {
  return { key: null, bytes: items.reduce((sum, item) => sum + jsonBytes(item) + 1, 2), items }
}

/** A chunk that shrank joins its neighbour when both fill less than half of one: many deletions leave no crumbs. */
function pushMerged<Item>(chunks: Chunk<Item>[], chunk: Chunk<Item>, limits: ChunkLimits): void {
  const last = chunks.at(-1)
  const fits =
    last !== undefined &&
    last.items.length + chunk.items.length <= limits.items / 2 &&
    last.bytes + chunk.bytes <= limits.bytes / 2
  if (fits) {
    chunks[chunks.length - 1] = {
      key: null,
      bytes: last.bytes + chunk.bytes,
      items: [...last.items, ...chunk.items],
    }
  } else chunks.push(chunk)
}

function appendItem<Item>(chunks: Chunk<Item>[], item: Item, limits: ChunkLimits): void {
  const bytes = jsonBytes(item) + 1
  const last = chunks.at(-1)
  const fits = last !== undefined && last.items.length < limits.items && last.bytes + bytes <= limits.bytes
  if (fits) chunks[chunks.length - 1] = { key: null, bytes: last.bytes + bytes, items: [...last.items, item] }
  else chunks.push({ key: null, bytes: bytes + 2, items: [item] })
}

/** UTF-8 bytes of a value's JSON. Mini-programs have no TextEncoder. */
export function jsonBytes(value: unknown): number {
  const json = JSON.stringify(value)
  let bytes = json.length
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at)
    // A surrogate pair is 4 bytes for 2 units; every other unit from 0x800 on is 3 for 1.
    if (unit >= 0x800) bytes += unit >= 0xd800 && unit <= 0xdfff ? 1 : 2
    else if (unit >= 0x80) bytes += 1
  }
  return bytes
}
