import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { testedMajors } from '../../scripts/test-nodes.mjs'

const read = (path: string): string => readFileSync(resolve(import.meta.dirname, '../..', path), 'utf8')

describe('the Nodes that the tests run on', () => {
  it('begin with the oldest that the packages accept, and have the one that a clone asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } }
    expect(engines.node).toBe(`>=${String(testedMajors()[0])}.19`)
    expect(testedMajors()).toContain(Number(read('.nvmrc').trim().split('.')[0]))
  })

  it.each(['README.md', 'README.zh-CN.md'])('are those that %s names', (page) => {
    const majors = testedMajors().map(String)
    expect(read(page)).toContain(majors.slice(0, -1).join(', '))
    for (const major of majors) expect(read(page)).toMatch(new RegExp(`\\b${major}\\b`))
  })
})
