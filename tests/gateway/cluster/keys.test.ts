import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { openKeys, type Press } from './keys'

async function pressed(...chunks: readonly string[]): Promise<string[]> {
  const presses: Press[] = []
  for await (const press of openKeys(Readable.from(chunks))) presses.push(press)
  return presses.map(({ verb, target }) => `${verb} ${target}`)
}

describe('the keys of the cluster to play with', () => {
  it('are a verb and a target, with blanks or without, in one go or key by key', async () => {
    expect(await pressed('k 2\n', 'r', '2', 'kn3 f p')).toEqual(['k 2', 'r 2', 'k n3', 'f p'])
  })

  it('begin anew with each verb, and end with q or Ctrl-C', async () => {
    expect(await pressed('kxk1', 'q', 'k2')).toEqual(['k 1'])
    expect(await pressed('k 3\u0003k 1')).toEqual(['k 3'])
  })
})
