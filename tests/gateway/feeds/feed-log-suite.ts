import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Content, Message } from '@herald/protocol'
import type { Bus } from '../../../gateway/contracts/bus'
import type { FeedLog } from '../../../gateway/contracts/feed-log'
import type { Retention } from '../../../gateway/stores/feed-rules'

/** A log under test, and how to end it and open what it left. */
export interface LogUnderTest {
  readonly log: FeedLog
  readonly bus: Pick<Bus, 'on'>
  reopen(): Promise<LogUnderTest>
}

export type OpenLog = (options?: { retention?: Retention; now?: () => number }) => Promise<LogUnderTest>

const content = (body: string): Content => ({ body, priority: 3 })
const key = (name: string, fingerprint = 'f') => ({ scope: 't_1', key: name, fingerprint })
const seqs = (messages: readonly Message[]): number[] => messages.map(({ seq }) => seq)

async function fill(log: FeedLog, feed: string, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => log.append(feed, content(String(index + 1)))))
}

/** What every feed log promises, whatever keeps it. */
export function feedLogSuite(name: string, open: OpenLog): void {
  describe(name, () => {
    it('gives each feed the seqs 1, 2, 3 in the order of publishing', async () => {
      const { log } = await open()
      await fill(log, 'topic:a', 50)
      await fill(log, 'topic:b', 3)
      const page = await log.read('topic:a', { after: 0, limit: 100 })
      expect(page.map(({ body, seq }) => [body, seq])).toEqual(
        Array.from({ length: 50 }, (_, i) => [String(i + 1), i + 1]),
      )
      expect(await log.head('topic:b')).toMatchObject({ from: 1, head: 3 })
    })

    it('reads pages after a seq and before a seq, in seq order', async () => {
      const { log } = await open()
      await fill(log, 'topic:a', 10)
      expect(seqs(await log.read('topic:a', { after: 4, limit: 3 }))).toEqual([5, 6, 7])
      expect(seqs(await log.read('topic:a', { before: 4, limit: 2 }))).toEqual([2, 3])
      expect(seqs(await log.read('topic:a', { before: 99, limit: 2 }))).toEqual([9, 10])
      expect(await log.read('topic:none', { after: 0, limit: 2 })).toEqual([])
    })

    it('gives a page as the JSON of what it reads', async () => {
      const { log } = await open()
      await fill(log, 'topic:a', 12)
      await log.append('topic:a', { title: 'a "quote" \\ and a line\n', body: '你好 \u2028', priority: 3 })
      const pages = [
        { after: 4, limit: 3 },
        { after: 10, limit: 9 },
        { before: 4, limit: 2 },
        { before: 99, limit: 2 },
      ]
      for (const page of pages) {
        const messages = await log.read('topic:a', page)
        const { first, last, json } = (await log.readJson('topic:a', page)) ?? { json: '' }
        expect([first, last]).toEqual([messages[0]?.seq, messages.at(-1)?.seq])
        expect(JSON.parse(`[${json}]`)).toEqual(messages)
      }
      expect(await log.readJson('topic:a', { after: 13, limit: 2 })).toBeUndefined()
      expect(await log.readJson('topic:none', { after: 0, limit: 2 })).toBeUndefined()
    })

    it('answers a repeated key with the first answer and appends nothing', async () => {
      const { log } = await open()
      const first = await log.append('topic:a', content('once'), key('k'))
      const again = await log.append('topic:a', content('once'), key('k'))
      expect(first.repeated).toBe(false)
      expect(again).toEqual({ ...first, repeated: true })
      expect((await log.head('topic:a'))?.head).toBe(1)
    })

    it('appends once when the same key comes many times at once', async () => {
      const { log } = await open()
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => log.append('topic:a', content('x'), key('k'))),
      )
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
      expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1)
    })

    it('refuses a key that was used for another message', async () => {
      const { log } = await open()
      await log.append('topic:a', content('one'), key('k', 'one'))
      await expect(log.append('topic:a', content('two'), key('k', 'two'))).rejects.toMatchObject({
        code: 'idempotency_conflict',
      })
    })

    it('tells of appends after they are durable, in seq order and without a hole', async () => {
      const { log, bus } = await open()
      const told: number[] = []
      bus.on('appended', ({ messages }) => told.push(...seqs(messages)))
      await fill(log, 'topic:a', 200)
      expect(told).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    })

    it('keeps messages, seqs, epochs and keys over a restart', async () => {
      const first = await open()
      await fill(first.log, 'topic:a', 5)
      const kept = await first.log.append('topic:a', content('six'), key('k'))
      const before = await first.log.head('topic:a')
      const { log } = await first.reopen()
      expect(await log.head('topic:a')).toEqual(before)
      expect(await log.append('topic:a', content('six'), key('k'))).toEqual({ ...kept, repeated: true })
      expect((await log.append('topic:a', content('seven'))).seq).toBe(7)
    })

    it('lets no time go back within a feed while a clock is trimmed', async () => {
      let now = 5000
      const { log } = await open({ now: () => now })
      await log.append('topic:a', content('1'))
      now = 1000
      const { time } = await log.append('topic:a', content('2'))
      expect(time).toBe(5000)
    })

    it('goes by the clock again after it was far ahead, and drops nothing young behind what that has stamped', async () => {
      const right = 1_800_000_000_000
      const ahead = right + 365 * 86_400_000
      let now = ahead
      const { log } = await open({ now: () => now, retention: { maxAgeMs: 1000, maxCount: 10 } })
      await log.append('topic:a', content('1'))
      now = right
      expect((await log.append('topic:a', content('2'))).time).toBe(right)
      await log.trim(right)
      expect(await log.head('topic:a')).toMatchObject({ from: 1, head: 2 })
    })

    it('drops nothing for its age while the clock is not believed, and by count as ever', async () => {
      const { log } = await open({ now: () => 1000, retention: { maxAgeMs: 1, maxCount: 5 } })
      await fill(log, 'topic:a', 8)
      expect(await log.trim(undefined)).toBe(3)
      expect(await log.head('topic:a')).toMatchObject({ from: 4, head: 8 })
    })

    it('drops by count and by age from the beginning only, and says where the log begins', async () => {
      let now = 1000
      const { log, bus } = await open({ retention: { maxAgeMs: 100, maxCount: 5 }, now: () => now })
      const begins: number[] = []
      bus.on('trimmed', ({ head }) => begins.push(head.from))
      await fill(log, 'topic:a', 8)
      expect(await log.trim(now)).toBe(3)
      expect(await log.head('topic:a')).toMatchObject({ from: 4, head: 8 })
      now = 2000
      await log.append('topic:a', content('new'))
      await log.trim(now)
      expect(await log.head('topic:a')).toMatchObject({ from: 9, head: 9 })
      expect(seqs(await log.read('topic:a', { after: 0, limit: 10 }))).toEqual([9])
      expect(begins).toEqual([4, 9])
    })

    it('goes on counting after everything was dropped', async () => {
      const { log } = await open({ retention: { maxAgeMs: 0, maxCount: 10 }, now: () => 1000 })
      await fill(log, 'user:a', 3)
      await log.trim(2000)
      expect(await log.head('user:a')).toMatchObject({ from: 4, head: 3 })
      expect((await log.append('user:a', content('4'))).seq).toBe(4)
    })

    it('finds a message by its id, and not after it was dropped', async () => {
      const { log } = await open({ retention: { maxAgeMs: 1e9, maxCount: 1 } })
      const { id } = await log.append('topic:a', content('old'))
      expect((await log.find(id))?.body).toBe('old')
      await log.append('topic:a', content('new'))
      await log.trim(Date.now())
      expect(await log.find(id)).toBeUndefined()
    })

    it('gives every feed a new epoch and keeps its messages when epochs are renewed', async () => {
      const { log, bus } = await open()
      await fill(log, 'topic:a', 2)
      const before = await log.head('topic:a')
      let told = 0
      bus.on('renewed', () => told++)
      await log.renewEpochs()
      expect(await log.head('topic:a')).toMatchObject({ from: 1, head: 2 })
      expect((await log.head('topic:a'))?.epoch).not.toBe(before?.epoch)
      expect(told).toBe(1)
    })

    it('holds exactly what was answered, for any mix of feeds, keys, trims and restarts', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) =>
          matchesModel(open, steps),
        ),
        {
          numRuns: 25,
        },
      )
    })
  })
}

type Step = { do: 'append'; feed: string; key: string | undefined } | { do: 'trim' } | { do: 'restart' }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      feed: fc.constantFrom('all', 'user:u', 'topic:t'),
      key: fc.option(fc.constantFrom('a', 'b', 'c'), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'trim' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
)

async function matchesModel(open: OpenLog, steps: readonly Step[]): Promise<void> {
  let subject = await open({ retention: { maxAgeMs: 1e12, maxCount: 4 } })
  const model = new Map<string, string[]>()
  const keys = new Map<string, string>()
  for (const [index, action] of steps.entries()) {
    if (action.do === 'restart') subject = await subject.reopen()
    else if (action.do === 'trim') await subject.log.trim(Date.now())
    else {
      const scoped = action.key && `${action.feed} ${action.key}`
      const answer = await subject.log.append(
        action.feed,
        content(String(index)),
        scoped ? key(scoped) : undefined,
      )
      const known = scoped ? keys.get(scoped) : undefined
      expect(answer.repeated).toBe(known !== undefined)
      if (known === undefined) {
        const ids = model.get(action.feed) ?? []
        model.set(action.feed, [...ids, answer.id])
        expect(answer.seq).toBe(ids.length + 1)
        if (scoped) keys.set(scoped, answer.id)
      } else expect(answer.id).toBe(known)
    }
  }
  for (const [feed, ids] of model) {
    const head = await subject.log.head(feed)
    const page = await subject.log.read(feed, { after: 0, limit: 100 })
    expect(head?.head).toBe(ids.length)
    expect(page.map(({ id }) => id)).toEqual(ids.slice((head?.from ?? 0) - 1))
  }
}
