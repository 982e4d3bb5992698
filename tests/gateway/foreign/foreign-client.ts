import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Where `node scripts/setup.mjs --foreign` puts other people's clients. */
const INSTALLED = fileURLToPath(new URL('../../../dist/foreign-clients', import.meta.url))
const CLIENTS = fileURLToPath(new URL('./clients', import.meta.url))
const TIMEOUT_MS = 60_000

const commands = {
  node: { file: process.execPath, there: join(INSTALLED, 'node/node_modules/firebase-admin') },
  python: { file: join(INSTALLED, 'python/bin/python'), there: join(INSTALLED, 'python/bin/python') },
  go: { file: join(INSTALLED, 'go/apns2'), there: join(INSTALLED, 'go/apns2') },
  java: { file: 'java', there: join(INSTALLED, 'java/restful-sdk-1.0.6.0.jar') },
} as const

export type Language = keyof typeof commands

/** Whether the clients in a language were installed; the setup says why when one could not be had. */
export const isInstalled = (language: Language): boolean => existsSync(commands[language].there)

/** Runs a client with its input as JSON, and answers what it printed as JSON. */
export async function runClient(language: Language, script: string, input: object): Promise<unknown> {
  const file = join(CLIENTS, script)
  const before = {
    node: [file, join(INSTALLED, 'node')],
    python: [file],
    go: [],
    java: ['-cp', `${join(INSTALLED, 'java')}/*`, file],
  }[language]
  const run = promisify(execFile)
  const { stdout } = await run(commands[language].file, [...before, JSON.stringify(input)], {
    timeout: TIMEOUT_MS,
  })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as unknown
}
