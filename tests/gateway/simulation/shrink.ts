import type { Failure } from './journal'
import type { Order } from './simulate-worker'
import type { Cut } from './world'

/** A world that was cut down to what makes it fail, or did before its cause was mended. */
export interface ShrunkCase extends Cut {
  /** What failed in it. */
  readonly invariant: string
  readonly seed: string
  /** How many people the world was drawn for. */
  readonly people: number
  /** The share of them that had a browser, when it was told. */
  readonly browsers?: number | undefined
  readonly events: readonly string[]
  /** The share of them whose app was a part of another one, when it was told. */
  readonly guests?: number | undefined
}

/** The world of a case, as a worker takes it. */
export const toOrder = ({ seed, people, browsers, guests, lives, events, outages }: ShrunkCase): Order => ({
  ...{ seed, people, cut: { lives, events, outages } },
  ...(browsers !== undefined && { browsers }),
  ...(guests !== undefined && { guests }),
})

/** What came of a world that was cut down. */
export interface Tried {
  readonly failures: readonly Failure[]
  /** What befell it, or would have. */
  readonly events: readonly string[]
}

/**
 * Cuts a failing world down: first to the people that it needs, then to what has to befall them. Each cut is tried, and
 * kept when the same invariant still fails; for the same user, when it is one user's.
 * @param people how many there are
 * @param outages when the gateway was gone
 */
export async function shrink(
  people: number,
  { invariant, user }: Pick<Failure, 'invariant' | 'user'>,
  outages: Cut['outages'],
  run: (cut: Cut) => Promise<Tried>,
): Promise<Required<Cut>> {
  let events: readonly string[] = []
  const fails = async (cut: Cut): Promise<boolean> => {
    const tried = await run(cut)
    const failed = tried.failures.some((one) => one.invariant === invariant && one.user === user)
    if (failed) ({ events } = tried)
    return failed
  }
  const lives = await fewestPeople(people, user, (tried) => fails({ lives: tried, outages }))
  if (!(await fails({ lives, outages }))) throw new Error(`${invariant}: it does not fail again`)
  const kept = await fewest(events, (tried) => fails({ lives, events: tried, outages }))
  const gone = await fewest(outages, (tried) => fails({ lives, events: kept, outages: tried }))
  return { lives, events: kept, outages: gone }
}

/** Mostly the one who failed is enough. */
async function fewestPeople(
  people: number,
  user: string,
  fails: (lives: readonly number[]) => Promise<boolean>,
): Promise<readonly number[]> {
  const own = Number(/^u(\d+)/.exec(user)?.[1] ?? NaN)
  if (Number.isInteger(own) && (await fails([own]))) return [own]
  const all = Array.from({ length: people }, (_, index) => index)
  return fewest(all, fails)
}

/** Leaves out ever smaller parts, until none can be left out (Zeller's ddmin, with complements only). */
async function fewest<T>(
  all: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = all
  for (let size = Math.ceil(all.length / 2); size >= 1;) {
    const before = kept.length
    for (let at = 0; at < kept.length;) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)]
      if (await fails(without)) kept = without
      else at += size
    }
    if (size > 1) size = Math.floor(size / 2)
    else if (kept.length === before) break
  }
  return kept
}
