import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { firstCommand } from '@/pages/inbox/first-command'

const SERVER = 'https://herald.example.com/base'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'herald-first-'))
  mkdirSync(join(folder, 'data'))
  writeFileSync(join(folder, 'data', 'publish-token'), 'hld_publish\n')
  // Prints what it is called with, one argument a line.
  writeFileSync(join(folder, 'curl'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 })
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** The arguments that curl gets when the command is pasted into a shell. */
function paste(command: string): string[] {
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH'] ?? ''}` }
  return execFileSync('/bin/sh', ['-c', command], { cwd: folder, env, encoding: 'utf8' })
    .trimEnd()
    .split('\n')
}

describe('the command of the empty inbox', () => {
  it
    .skipIf(process.platform === 'win32')
    .each(['Hello from my server', '你好，来自我的服务器', `it's $HOME \`date\` "!" \\`])(
    'says %s when it is pasted, with the token of the gateway’s folder',
    (text) => {
      expect(paste(firstCommand({ server: SERVER, user: 'ann', text, windows: false }))).toEqual([
        ...['-H', 'Authorization: Bearer hld_publish', '-d', text],
        `${SERVER}/v1/feeds/user:ann/messages`,
      ])
    },
  )

  it('is one line, so that no shell needs to know how lines go on', () => {
    for (const windows of [true, false])
      expect(firstCommand({ server: SERVER, user: 'ann', text: 'x', windows })).not.toMatch(/[\n\\]/)
  })

  it('names curl.exe on Windows, where PowerShell has another curl, and says what arrives there as it is', () => {
    const command = firstCommand({ server: SERVER, user: 'ann', text: '你好', windows: true })
    expect(command).toMatch(/^curl\.exe /)
    expect(command).toContain("-d 'Hello from my server'")
  })
})
