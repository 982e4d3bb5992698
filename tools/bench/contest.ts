/** One thing that is measured against others under the same load: our gateway, a peer, a bare loop. */
export interface Contestant<Figure extends string> {
  readonly name: string
  /** One whole run: checks that what it measured is right, and throws when it is not. */
  run(): Promise<Record<Figure, number>>
}

/** All runs of all contestants of one contest. */
export type Runs<Figure extends string> = ReadonlyMap<string, readonly Record<Figure, number>[]>

/**
 * Runs the contestants in turn, `rounds` times: whatever else the machine does meets all of them. Each round starts
 * with another one, so that nobody always comes first. A first round to warm up is not counted.
 */
export async function contest<Figure extends string>(
  contestants: readonly Contestant<Figure>[],
  rounds: number,
): Promise<Runs<Figure>> {
  const runs = new Map(contestants.map(({ name }) => [name, [] as Record<Figure, number>[]]))
  for (let round = 0; round <= rounds; round += 1) {
    const from = round % contestants.length
    for (const contestant of [...contestants.slice(from), ...contestants.slice(0, from)]) {
      const figures = await contestant.run()
      if (round === 0) continue
      runs.get(contestant.name)?.push(figures)
      console.log(`round ${round}: ${contestant.name} ${describe(figures)}`)
    }
  }
  return runs
}

/** The value below which a share of the values lie; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The middle one of the values; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The median of a figure over the runs of one contestant. */
export function medianOf<Figure extends string>(runs: Runs<Figure>, name: string, figure: Figure): number {
  return median((runs.get(name) ?? []).map((figures) => figures[figure]))
}

/**
 * The median, over the rounds, of one contestant's figure divided by another's in the same round: what slowed the
 * machine for one round stays out of it.
 */
export function medianRatio<Figure extends string>(
  runs: Runs<Figure>,
  [name, other]: readonly [string, string],
  figure: Figure,
): number {
  const others = runs.get(other) ?? []
  return median(
    (runs.get(name) ?? []).map((figures, round) => figures[figure] / (others[round]?.[figure] ?? Number.NaN)),
  )
}

const describe = (figures: Record<string, number>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
    .join(', ')
