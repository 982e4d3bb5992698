import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { codeBlocks, type CodeBlock } from './documents'
import { openTestGateway, type TestGateway } from './test-gateway'

const execute = promisify(execFile)

/** Whether a program is there that an example is for. What is left out without it is said, with what to install. */
export function has(program: string, install: string, question = '--version'): boolean {
  try {
    execFileSync(program, [question], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write(`NOT RUN: the documents' examples for ${program}; install ${install} to run them\n`)
    return false
  }
}

/** Commands are for a shell with curl, which a bare machine with Node may not have. */
export const hasShell = has('curl', 'curl') && process.platform !== 'win32'

/** A gateway that documents' examples talk to, and what they find in their environment. */
export interface ExampleGateway {
  readonly gateway: TestGateway
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
  /** Runs commands as a shell would, stopping at the first that fails. */
  runShell(text: string): Promise<{ stdout: string; stderr: string }>
  close(): Promise<void>
}

export async function openExampleGateway(): Promise<ExampleGateway> {
  const gateway = await openTestGateway()
  const url = await gateway.app.listen({ host: '127.0.0.1', port: 0 })
  const folder = mkdtempSync(join(tmpdir(), 'herald-docs-'))
  // An answer that is an error must fail the example, which curl alone does not do.
  const curl = hasShell ? execFileSync('sh', ['-c', 'command -v curl'], { encoding: 'utf8' }).trim() : ''
  writeFileSync(join(folder, 'curl'), `#!/bin/sh\nexec ${curl} -sS --fail-with-body "$@"\n`)
  chmodSync(join(folder, 'curl'), 0o755)
  const admin = (
    await gateway.directory.createToken(null, { label: '', publish: [], read: false, admin: true })
  ).token
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${folder}${delimiter}${String(process.env.PATH)}`,
    ...{
      HERALD: url,
      ADMIN_TOKEN: admin,
      PUBLISH_TOKEN: gateway.tokens.publisherOfAll,
      TOKEN: gateway.tokens.reader,
    },
    ...{ HERALD_URL: url, HERALD_TOKEN: gateway.tokens.publisherOfAll, HERALD_ADMIN_TOKEN: admin },
    // What the page runs by npx: this checkout's tool.
    ...{ npm_config_update_notifier: 'false', npm_config_loglevel: 'error' },
  }
  return {
    ...{ gateway, folder, env },
    runShell: (text) => execute('sh', ['-e', '-c', text], { env, cwd: folder }),
    async close() {
      await gateway.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** The examples of a language that are run. */
export const runnable = (document: string, language: string): CodeBlock[] =>
  codeBlocks(document).filter((block) => block.language === language && block.note !== 'no-run')

/** Where an example stands, for the name of its test. */
export const named = (block: CodeBlock): string => `line ${String(block.line)}`
