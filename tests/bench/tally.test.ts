import { describe, expect, it } from 'vitest'
import { Tally, textOf } from '@herald/bench/load/tally'

const bytesOf = (...messages: number[]): Buffer =>
  Buffer.from(messages.map((message) => `{"seq":${message},"body":"${textOf(message, 170)}"}`).join())

function take(tally: Tally, socket: number, ...messages: number[]): number {
  const bytes = bytesOf(...messages)
  return tally.take(socket, bytes, 0, bytes.length)
}

describe('the tally of the load generator', () => {
  it('is done when every socket has every message, in the order that the first one got', async () => {
    const tally = new Tally({ sockets: 2, messages: 3, feeds: 'one' })
    expect(take(tally, 0, 1, 0)).toBe(2)
    take(tally, 1, 1)
    take(tally, 1, 0, 2)
    take(tally, 0, 2)
    await tally.done
    expect(tally.deliveries).toBe(6)
  })

  it('leaves the first messages out of the latencies, and out of nothing else', async () => {
    const tally = new Tally({ sockets: 1, messages: 3, feeds: 'one', warmUp: 1 })
    const now = performance.now()
    for (const [message, agoMs] of [9000, 200, 100].entries()) tally.sent(message, now - agoMs)
    take(tally, 0, 0, 1, 2)
    await tally.done
    expect(tally.deliveries).toBe(3)
    const [longest = 0] = tally.percentiles([1])
    expect(longest).toBeGreaterThanOrEqual(200)
    expect(longest).toBeLessThan(9000)
  })

  it('refuses a message that comes twice to the socket that leads', () => {
    const tally = new Tally({ sockets: 2, messages: 3, feeds: 'one' })
    take(tally, 0, 0, 1)
    expect(() => take(tally, 0, 1)).toThrow('again')
  })

  it('refuses a message that comes twice to a socket that follows', () => {
    const tally = new Tally({ sockets: 2, messages: 3, feeds: 'one' })
    take(tally, 0, 0, 1, 2)
    take(tally, 1, 0)
    expect(() => take(tally, 1, 0)).toThrow('others another one')
  })

  it('refuses another order than the one that the others got', () => {
    const tally = new Tally({ sockets: 2, messages: 3, feeds: 'one' })
    take(tally, 0, 2, 0)
    expect(() => take(tally, 1, 0)).toThrow('others another one')
  })

  it('refuses a message of another socket where each has a feed of its own', () => {
    const tally = new Tally({ sockets: 2, messages: 4, feeds: 'each' })
    take(tally, 0, 0, 2)
    take(tally, 1, 1)
    expect(() => take(tally, 1, 2)).toThrow('not its next')
  })

  it('reads only its own part of the bytes', () => {
    const tally = new Tally({ sockets: 1, messages: 3, feeds: 'one' })
    const [first, second] = [bytesOf(0), bytesOf(1)]
    const both = Buffer.concat([first, second])
    expect(tally.take(0, both, 0, first.length)).toBe(1)
    expect(tally.take(0, both, first.length, both.length)).toBe(1)
  })

  it('times each delivery from the publish of its message', () => {
    const tally = new Tally({ sockets: 1, messages: 2, feeds: 'one' })
    const now = performance.now()
    tally.sent(0, now - 1000)
    tally.sent(1, now - 5000)
    take(tally, 0, 0, 1)
    const [low = 0, high = 0] = tally.percentiles([0.25, 0.99])
    expect(low).toBeGreaterThanOrEqual(1000)
    expect(low).toBeLessThan(high)
    expect(high).toBeGreaterThanOrEqual(5000)
  })
})
