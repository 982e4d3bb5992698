import { closeCodes, retryHintMs, SUBPROTOCOL } from '@herald/protocol'
import { expect, it } from 'vitest'
import { Connection } from '../../../services/connection/connection'
import { BACKOFF_BASE_MS, type State } from '../../../services/connection/machine'
import { systemClock } from '../../../services/clock'
import { JoinQueue, MAX_WAIT_MS } from '../../../gateway/ws/join-queue'
import { openWithWs } from '../process/core-client'
import { HeldTurns } from './held-turns'
import { startSocketServer } from './socket-server'
import { helloOf, TestSocket } from './test-socket'

/** A queue in which joins wait that take half a second each: whoever comes next would wait longer than an app does. */
async function fullQueue() {
  const turns = new HeldTurns()
  const joins = new JoinQueue(turns)
  let left = 20
  for (let index = 0; index < 20; index += 1)
    joins.enter(() => {
      turns.now += 500
      left -= 1
      return Promise.resolve()
    })
  // After this turn the queue knows what a join takes.
  await turns.pass(0)
  return {
    joins,
    left: () => left,
    async drain(): Promise<void> {
      while (await turns.pass(0));
    },
  }
}

it('sends a device away that would wait too long, and says over what time to come back', async () => {
  const { joins, left } = await fullQueue()
  const server = await startSocketServer({ joins })
  const socket = await new TestSocket(server.url).opened()
  socket.send(helloOf(server.token.token))
  const { code, reason } = await socket.closed
  expect(code).toBe(closeCodes.busy)
  expect(reason).toMatch(/^busy retry=\d+$/)
  expect(left() * 500).toBeGreaterThan(MAX_WAIT_MS)
  expect(retryHintMs(reason)).toBeGreaterThanOrEqual(left() * 500)
  expect(socket.heard).toEqual([])
})

it('is obeyed by the app: it comes back within the hint, and is welcomed', async () => {
  const queue = await fullQueue()
  const server = await startSocketServer({ joins: queue.joins })
  const states: State[] = []
  // A part of each wait keeps the test short; that it is drawn from the hint is seen in the state.
  const random = 0.02
  let waitMs = 0
  const connection: Connection = new Connection(
    {
      ...{ open: openWithWs, clock: systemClock, random: () => random },
      ...{ url: () => server.url, subprotocol: SUBPROTOCOL },
    },
    {
      hello: () => {
        connection.send(JSON.stringify(helloOf(server.token.token)))
      },
      ping: () => undefined,
      text: (text) => {
        const frame = JSON.parse(text) as { type: string }
        if (frame.type === 'welcome') connection.handle({ type: 'welcomed', heartbeatMs: 25_000 })
      },
      state: (state) => {
        states.push(state)
        if (state.name !== 'waiting') return
        waitMs = state.dueAt - Date.now()
        void queue.drain()
      },
    },
  )
  connection.handle({ type: 'start' })
  await expect.poll(() => states.at(-1)?.name, { timeout: 10_000 }).toBe('live')
  connection.handle({ type: 'stop' })
  const waits = states.filter((state) => state.name === 'waiting')
  expect(waits).toMatchObject([{ code: closeCodes.busy }])
  // Without the hint it would wait that part of its first backoff.
  expect(waitMs).toBeGreaterThan(random * BACKOFF_BASE_MS)
})
