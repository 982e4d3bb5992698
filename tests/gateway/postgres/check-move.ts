// Moves the store of a real gateway with many messages and devices to a PostgreSQL of its own and back, and compares what the
// gateways say over HTTP. Run by `npm run check:move -- --messages 100000 --devices 50`.
import { PostgresServer } from '@herald/engines/postgres'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { GatewayProcess } from '../../../e2e/gateway-process'
import { everythingOf, fill, isKnown, move, startOn, type Holders } from './moved-store'

const { values } = parseArgs({
  options: { messages: { type: 'string', default: '100000' }, devices: { type: 'string', default: '50' } },
})
const size = { messages: Number(values.messages), devices: Number(values.devices) }

const say = (text: string): void => {
  process.stdout.write(`${text}\n`)
}

/** Says how long something took. */
async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const begun = performance.now()
  const result = await work()
  say(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
  return result
}

/** What one life of the gateway says; the last message of the filling is asked for by its key too. */
async function lookAt(folder: string, holders: Holders, env: Record<string, string>): Promise<object> {
  const gateway = await startOn(folder, env)
  try {
    const told = await timed('asked over HTTP', () => everythingOf(gateway, holders))
    assert.ok(await isKnown(gateway, holders.publish, size.messages - 1), 'a key of a sender is not known')
    return told
  } finally {
    await gateway.stop()
  }
}

async function fillNew(gateway: GatewayProcess): Promise<Holders> {
  try {
    return await timed(`filled with ${values.messages} messages and ${values.devices} devices`, () =>
      fill(gateway, size),
    )
  } finally {
    await gateway.stop()
  }
}

const folder = mkdtempSync(join(tmpdir(), 'herald-check-move-'))
const server = await PostgresServer.start()
try {
  const holders = await fillNew(await startOn(folder))
  const before = await lookAt(folder, holders, {})
  say(`the file: ${(statSync(join(folder, 'herald.db')).size / 2 ** 20).toFixed(0)} MB`)
  const uri = server.uri()
  say(await timed('to PostgreSQL', () => move(folder, '--to', uri)))
  assert.deepEqual(await lookAt(folder, holders, { HERALD_STORE: uri }), before)
  say(await timed('back to a file', () => move(folder, '--from', uri, '--to', 'file')))
  assert.deepEqual(await lookAt(folder, holders, {}), before)
  say('every page, unread count, token and key is the same on the file, on PostgreSQL, and on the file again')
} finally {
  await server.dispose()
  rmSync(folder, { recursive: true, force: true })
}
