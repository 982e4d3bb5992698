/** What a run found, and which of its sockets or requests found it. */
export interface Failure {
  readonly index: number
  readonly what: string
}

/** Runs one index after the other, some at a time, while there is more to do. */
export async function inLanes(
  lanes: number,
  hasMore: (index: number) => boolean,
  first: number,
  run: (index: number) => Promise<void>,
): Promise<void> {
  let next = first
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      while (hasMore(next)) await run(next++)
    }),
  )
}
