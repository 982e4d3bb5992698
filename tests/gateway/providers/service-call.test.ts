import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startFakeService, type FakeService } from '@herald/push-fakes/fake-service'
import { CallFailure, callService } from '../../../gateway/providers/service-call'
import { SingleFlight } from '../../../gateway/providers/single-flight'
import { until } from './provider-suite'
import { never } from './push-alerts'

describe('callService', () => {
  let service: FakeService
  beforeEach(async () => {
    service = await startFakeService(() => ({ status: 201, headers: { 'x-a': 'b' }, body: { text: '文💾' } }))
  })
  afterEach(() => service.close())
  const call = (signal = never()) =>
    callService({ method: 'POST', url: service.url, headers: { a: 'b' }, body: '{}' }, signal)

  it('gives status, headers and JSON', async () => {
    const answer = await call()
    expect(answer).toMatchObject({ status: 201, json: { text: '文💾' } })
    expect(answer.headers.get('x-a')).toBe('b')
    expect(service.requests[0]).toMatchObject({ method: 'POST', body: '{}', headers: { a: 'b' } })
  })

  it('gives an answer that is no JSON with its status', async () => {
    service.fail({ type: 'nonsense' })
    expect(await call()).toMatchObject({ status: 200, json: undefined })
  })

  it('follows no redirect', async () => {
    service.fail({ type: 'redirect', to: `${service.url}/elsewhere` })
    expect(await call()).toMatchObject({ status: 307 })
    expect(service.requests).toHaveLength(1)
  })

  it('reads no answer without end', async () => {
    service.fail({ type: 'flood' })
    await expect(call()).rejects.toThrow('larger than')
  })

  it('fails in words when the socket dies, when nobody listens, and when it is told to stop', async () => {
    service.fail({ type: 'drop' })
    await expect(call()).rejects.toBeInstanceOf(CallFailure)
    service.fail({ type: 'hang' })
    const wait = new AbortController()
    const hanging = call(wait.signal)
    await until(() => service.requests.length === 2)
    wait.abort()
    await expect(hanging).rejects.toThrow('no answer in time')
    await service.close()
    await expect(call()).rejects.toThrow('ECONNREFUSED')
  })
})

describe('SingleFlight', () => {
  it('runs one errand for all who wait, and the next one afterwards', async () => {
    let runs = 0
    const flight = new SingleFlight(() => Promise.resolve(++runs), 1000)
    expect(await Promise.all([flight.join(never()), flight.join(never())])).toEqual([1, 1])
    expect(await flight.join(never())).toBe(2)
  })

  it('tells all who wait that it failed, and tries again for the next', async () => {
    let fails = true
    const flight = new SingleFlight(async () => {
      await Promise.resolve()
      if (fails) throw new Error('down')
      return 'up'
    }, 1000)
    const both = [flight.join(never()), flight.join(never())]
    await Promise.all(both.map((one) => expect(one).rejects.toThrow('down')))
    fails = false
    expect(await flight.join(never())).toBe('up')
  })

  it('lets one give up and the others wait on', async () => {
    const finish: (() => void)[] = []
    const flight = new SingleFlight(
      () => new Promise<string>((resolve) => finish.push(() => resolve('done'))),
      1000,
    )
    const wait = new AbortController()
    const first = flight.join(wait.signal)
    const second = flight.join(never())
    wait.abort()
    await expect(first).rejects.toThrow('no answer in time')
    finish[0]?.()
    expect(await second).toBe('done')
  })

  it('ends what is under way when it is closed, and begins nothing more', async () => {
    const flight = new SingleFlight(
      (signal) =>
        new Promise((_resolve, reject) => {
          const end = (): void => reject(new Error('ended'))
          if (signal.aborted) end()
          else signal.addEventListener('abort', end)
        }),
      60_000,
    )
    const waiting = flight.join(never())
    flight.close()
    await expect(waiting).rejects.toThrow('ended')
    await expect(flight.join(never())).rejects.toThrow('ended')
  })
})
