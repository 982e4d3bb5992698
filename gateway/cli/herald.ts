import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runProgram } from './program'

/** Where the built app and the documents' site lie: in the package, and in a clone. */
const APPS = ['../app/', '../../dist/build/h5/']
const DOCS = ['../docs/', '../../dist/docs/']

const builtFolder = (paths: readonly string[]): string | undefined =>
  paths
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(`${folder}index.html`))

async function serve(settings: Readonly<Record<string, string>>): Promise<void> {
  const [app, docs] = [builtFolder(APPS), builtFolder(DOCS)]
  if (app !== undefined) process.env.HERALD_STATIC ??= app
  if (docs !== undefined) process.env.HERALD_DOCS ??= docs
  Object.assign(process.env, settings)
  // A bundle of its own beside this one, which runs as it is loaded.
  await import(new URL('./main.js', import.meta.url).href)
}

process.exitCode = await runProgram(process.argv.slice(2), {
  env: process.env,
  write: (line) => process.stdout.write(line),
  terminal: process.stdout,
  complain: (line) => process.stderr.write(line),
  readInput: async () => (process.stdin.isTTY ? undefined : text(process.stdin)),
  serve,
  writer: new URL('./writer.js', import.meta.url),
  stopped: async () => {
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  },
})
