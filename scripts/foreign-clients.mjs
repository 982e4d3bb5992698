// Installs other people's clients of push services, which the tests run against the fakes. They are tools of the tests
// alone: `npm ci` does not bring them, and what cannot be had is left out and said.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { npmCommand } from './npm.mjs'

const SOURCE = fileURLToPath(new URL('../tests/gateway/foreign/', import.meta.url))
const INSTALLED = fileURLToPath(new URL('../dist/foreign-clients/', import.meta.url))
const TIMEOUT_MS = 300_000

/** @param {string} file @param {string[]} args @param {string} cwd */
function run(file, args, cwd) {
  execFileSync(file, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'], timeout: TIMEOUT_MS })
}

/** @type {{ name: string, manifests: string[], install: (folder: string) => void }[]} */
const SETS = [
  {
    name: 'node',
    manifests: ['package.json', 'package-lock.json'],
    install(folder) {
      for (const file of this.manifests) copyFileSync(join(SOURCE, file), join(folder, file))
      const npm = npmCommand()
      const words = ['ci', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund']
      run(npm.file, [...npm.before, ...words], folder)
    },
  },
  {
    name: 'python',
    manifests: ['requirements.txt'],
    install(folder) {
      run('python3', ['-m', 'venv', folder], SOURCE)
      const pip = join(folder, 'bin', 'pip')
      run(pip, ['install', '--quiet', '-r', join(SOURCE, 'requirements.txt')], folder)
    },
  },
  {
    name: 'java',
    manifests: ['pom.xml'],
    install(folder) {
      const target = `-DoutputDirectory=${folder}`
      run('mvn', ['-q', '-B', '-f', join(SOURCE, 'pom.xml'), 'dependency:copy-dependencies', target], folder)
    },
  },
  {
    name: 'go',
    manifests: ['clients/apns2/go.mod', 'clients/apns2/go.sum', 'clients/apns2/main.go'],
    install(folder) {
      run(
        'go',
        ['build', '-mod=readonly', '-o', join(folder, 'apns2'), '.'],
        join(SOURCE, 'clients', 'apns2'),
      )
    },
  },
]

/** @param {string[]} manifests */
const stampOf = (manifests) =>
  createHash('sha256')
    .update(manifests.map((file) => readFileSync(join(SOURCE, file), 'utf8')).join('\n'))
    .digest('hex')

/** Installs what is missing or older than its manifest. Answers the names of those that cannot be had. */
export function setUpForeignClients() {
  return SETS.filter((set) => {
    const folder = join(INSTALLED, set.name)
    const stamp = join(INSTALLED, `${set.name}.stamp`)
    const wanted = stampOf(set.manifests)
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return false
    console.log(`setup: installing other people's clients of push services (${set.name})`)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    try {
      set.install(folder)
      mkdirSync(dirname(stamp), { recursive: true })
      writeFileSync(stamp, wanted)
      return false
    } catch (error) {
      // A half-installed client would fail in the tests, in words that nobody understands.
      rmSync(folder, { recursive: true, force: true })
      const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
      console.error(`setup: the clients for ${set.name} cannot be had, their tests are skipped: ${why}`)
      return true
    }
  }).map(({ name }) => name)
}
