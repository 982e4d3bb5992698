import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PEER_BUNDLE, PEER_PROJECT } from './messages'

/** Builds the peers by uni-app's own command, as a release. */
export function buildPeers(): void {
  const { resolve } = createRequire(join(PEER_PROJECT, 'package.json'))
  const compiler = resolve('@dcloudio/vite-plugin-uni/bin/uni.js')
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, 'build', '-p', 'app'], {
    cwd: PEER_PROJECT,
    env: {
      ...process.env,
      UNI_INPUT_DIR: PEER_PROJECT,
      UNI_OUTPUT_DIR: PEER_BUNDLE,
      NODE_ENV: 'production',
      CI: 'true',
    },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`the peers were not built:\n${stdout}\n${stderr}`)
}
