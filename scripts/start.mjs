// `npm start`: builds what is out of date, then runs the gateway, which also serves the H5 app.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { buildGateway, GATEWAY_MAIN } from './gateway.mjs'
import { buildClient } from './uni.mjs'

const H5 = resolve(import.meta.dirname, '..', 'dist', 'build', 'h5')
/** There where somebody ran `npm run docs`. */
const DOCS = resolve(import.meta.dirname, '..', 'dist', 'docs')

/** Runs the gateway until it ends, and ends as it did. @param {NodeJS.ProcessEnv} env */
function runGateway(env) {
  const child = spawn(process.execPath, [GATEWAY_MAIN], { stdio: 'inherit', env })
  // A terminal sends Ctrl-C to both; a supervisor sends SIGTERM to this process only.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => {
    console.error(error.message)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1)
  })
}

try {
  if (!process.argv.includes('--no-client')) await buildClient('h5', { ifStale: true })
  buildGateway()
  const env = { ...process.env }
  // A link to sign in by and a curl to try, also where no terminal is attached.
  env.HERALD_QUICKSTART ??= '1'
  if (existsSync(H5)) env.HERALD_STATIC ??= H5
  if (existsSync(resolve(DOCS, 'index.html'))) env.HERALD_DOCS ??= DOCS
  runGateway(env)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
