import { expect, it } from 'vitest'
import { PageFrames } from '../../../gateway/ws/page-frames'
import { openTestStore } from '../temporary-store'

const FEED = 'topic:a'

async function openFilled(count: number) {
  const { log } = await openTestStore({ retention: { maxAgeMs: 1e15, maxCount: 40 } })
  const fill = async (feed: string, more: number): Promise<void> => {
    await Promise.all(
      Array.from({ length: more }, (_, index) => log.append(feed, { body: `${index} "é"\n`, priority: 3 })),
    )
  }
  await fill(FEED, count)
  const frames = new PageFrames(log)
  const read = async (after: number, feed = FEED) => {
    const head = await log.head(feed)
    if (!head) throw new Error('there is no such feed')
    return frames.read(head, after)
  }
  return { log, fill, read }
}

/** What a frame says; its header has four bytes, as for any length from 126 bytes on. */
const said = (frame: Buffer | undefined): unknown => JSON.parse(frame?.toString('utf8', 4) ?? 'null')

it('makes the frame that a stream would have made of the messages', async () => {
  const { log, read } = await openFilled(30)
  const page = await read(3)
  expect(page).toMatchObject({ first: 4, last: 28 })
  expect(said(page?.frame)).toEqual({
    ...{ type: 'messages', feed: FEED, epoch: (await log.head(FEED))?.epoch },
    messages: await log.read(FEED, { after: 3, limit: 25 }),
  })
})

it('gives devices with the same cursor the same frame', async () => {
  const { read, fill } = await openFilled(30)
  expect((await read(20))?.frame).toBe((await read(20))?.frame)
  const full = await read(0)
  await fill(FEED, 1)
  expect((await read(0))?.frame).toBe(full?.frame)
})

it('makes a frame anew when the feed has gone on and there is room in it', async () => {
  const { read, fill } = await openFilled(30)
  expect(await read(20)).toMatchObject({ last: 30 })
  await fill(FEED, 2)
  expect(await read(20)).toMatchObject({ first: 21, last: 32 })
})

it('gives nothing that retention has dropped', async () => {
  const { log, read, fill } = await openFilled(40)
  expect(await read(0)).toMatchObject({ first: 1 })
  await fill(FEED, 10)
  await log.trim(Date.now())
  expect(await read(0)).toMatchObject({ first: 11, last: 35 })
})

it('gives nothing of an epoch that is over', async () => {
  const { log, read } = await openFilled(30)
  await read(0)
  await log.renewEpochs()
  expect(said((await read(0))?.frame)).toMatchObject({ epoch: (await log.head(FEED))?.epoch })
})

it('keeps no frame of a feed that one person has', async () => {
  const { read, fill } = await openFilled(1)
  await fill('user:ann', 2)
  const first = await read(0, 'user:ann')
  const again = await read(0, 'user:ann')
  expect(again).toEqual(first)
  expect(again?.frame).not.toBe(first?.frame)
})
