import { describe, expect, it, onTestFinished } from 'vitest'
import { fuzzFrames } from './fuzz/frame-fuzzer'
import { FuzzGateway } from './fuzz/fuzz-gateway'
import { fuzzHttp } from './fuzz/http-fuzzer'

/** Of as many as one likes, by `npm run fuzz`: these take some seconds of `npm test`. */
const FRAMES = 12_000
const REQUESTS = 1500
const SEED = '1'
const LANES = 12

async function startGateway(): Promise<FuzzGateway> {
  const gateway = await FuzzGateway.start()
  onTestFinished(() => gateway.process.dispose())
  return gateway
}

describe('a gateway that is sent what nobody should send', () => {
  it('ends or answers every socket, whatever frames come, and goes on', { timeout: 120_000 }, async () => {
    const gateway = await startGateway()
    const { process, world } = gateway
    const tally = await fuzzFrames({ url: process.url, world, seed: SEED, frames: FRAMES, lanes: LANES })
    expect(tally.failures).toEqual([])
    expect(await gateway.aftermath()).toEqual([])
    // A run in which no socket gets far, or none is refused, proves nothing.
    expect(tally.ends['answered a ping']).toBeGreaterThan(20)
    expect(Object.keys(tally.ends).length).toBeGreaterThan(8)
  })

  it('answers every request made from its document as the document says', { timeout: 120_000 }, async () => {
    const gateway = await startGateway()
    const tally = await fuzzHttp({ gateway, seed: SEED, requests: REQUESTS, lanes: LANES })
    expect(tally.failures).toEqual([])
    expect(await gateway.aftermath()).toEqual([])
    expect(tally.succeeded.size).toBeGreaterThan(tally.operations * 0.7)
  })
})
