import type { Content } from '@herald/protocol'

/** Feeds that the load is spread over, in turn. */
export const FEEDS = Array.from({ length: 8 }, (_, index) => `topic:bench-${index}`)

/** A message of a usual size: some 250 bytes as the log keeps it. */
export const content: Content = {
  title: 'Disk full',
  body: 'db1 has 1 % left. '.repeat(5),
  priority: 4,
  tags: ['disk'],
}

/** What a publisher was answered. */
export interface Answer {
  readonly id: string
  readonly feed: string
  readonly seq: number
}

/** Calls `one` from `senders` loops, each of which waits for its answer, until the time is over; answers all answers. */
export async function sendFor<Result>(
  ms: number,
  senders: number,
  one: (index: number) => Promise<Result>,
): Promise<{ answers: Result[]; ms: number }> {
  const answers: Result[] = []
  const start = performance.now()
  let next = 0
  const loop = async (): Promise<void> => {
    while (performance.now() - start < ms) answers.push(await one(next++))
  }
  await Promise.all(Array.from({ length: senders }, loop))
  return { answers, ms: performance.now() - start }
}
