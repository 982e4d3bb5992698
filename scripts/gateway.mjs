// Bundles the gateway and says where its program is.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { spawnSync } from 'node:child_process'

const ROOT = resolve(import.meta.dirname, '..')
const BUILD = resolve(ROOT, 'gateway', 'build.mjs')

/** The gateway's program, once buildGateway has run. */
export const GATEWAY_MAIN = resolve(ROOT, 'gateway', 'dist', 'main.js')

/** Whether this checkout has a gateway to build. */
export function hasGateway() {
  return existsSync(BUILD)
}

/** Bundles the gateway; it takes milliseconds, so it is never skipped. */
export function buildGateway() {
  const { status } = spawnSync(process.execPath, [BUILD], { cwd: ROOT, stdio: 'inherit' })
  if (status !== 0) throw new Error('the gateway did not build')
}
