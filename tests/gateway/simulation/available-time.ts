import type { Trouble } from './journal'

type Spans = readonly Readonly<Trouble>[]

/** Spans that touch become one; sorted. */
export function merged(spans: Spans): Trouble[] {
  const all: Trouble[] = []
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    const last = all.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}

/** When both are so. */
export function overlap(one: Spans, other: Spans): Trouble[] {
  return merged(
    one.flatMap((a) =>
      other.flatMap((b) => {
        const [from, to] = [Math.max(a.from, b.from), Math.min(a.to, b.to)]
        return from < to ? [{ from, to }] : []
      }),
    ),
  )
}

/** When `ms` will have passed since `start` outside of these spans, which are merged. */
export function after(start: number, ms: number, spans: Spans): number {
  let [at, left] = [start, ms]
  for (const { from, to } of spans) {
    if (to <= at) continue
    if (from >= at + left) break
    left -= Math.max(0, from - at)
    at = to
  }
  return at + left
}
