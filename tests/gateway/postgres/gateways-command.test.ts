import { describe, expect, it } from 'vitest'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { BIN, run } from '../cli/program'
import { connect, startCluster } from './cluster'

const herald = (gateway: GatewayProcess, ...words: readonly string[]) =>
  run(BIN, words, { HERALD_URL: gateway.url, HERALD_TOKEN: gateway.adminToken })

describe('herald, asked of one of two gateways', () => {
  it('lists both, the oldest first, counts the sockets of both, and says so when one is gone', async () => {
    const [a, b] = await startCluster(2)
    if (!a || !b) throw new Error('two were asked for')
    const { token } = await a.readToken('me')
    const client = await connect(b, token, 'device-0001')
    await expect.poll(() => client.state.name).toBe('live')
    const ports = [a, b].map(({ url }) => new URL(url).port)
    const listed = async () => (await herald(b, 'gateways')).out.trimEnd().split('\n')
    await expect
      .poll(async () => (await listed()).map((line) => line.split(/\s+/).at(-1)))
      .toEqual([...['SOCKETS', '0', '1']])
    const [titles, ...rows] = await listed()
    expect(titles).toMatch(/^GATEWAY +VERSION +SINCE +SEEN +BUS +SOCKETS$/)
    for (const [index, row] of rows.entries())
      expect(row).toMatch(
        new RegExp(`^\\S+:${ports[index] ?? ''} +\\d+\\.\\d+\\.\\d+ .* [0-2] s ago +connected `),
      )
    expect((await herald(a, 'status')).out).toMatch(
      /^gateways +2, with 1 connections: `herald gateways` lists them$/m,
    )
    await b.stop()
    await expect
      .poll(async () => (await herald(a, 'status')).out)
      .toMatch(/^gateways +1, with 0 connections/m)
    expect((await herald(a, 'gateways')).out.trimEnd().split('\n')).toHaveLength(2)
  })
})
