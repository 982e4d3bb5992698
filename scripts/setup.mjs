// Finds what the tests need from the system, browsers, a Chinese font, PostgreSQL, NATS and two chat servers, or
// installs it (Debian, root).
// With --foreign also other people's clients of push services, which the tests run against the fakes.
// With --bench also the servers that the benches measure the gateway against.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  CHAT_MISSING,
  CHAT_PACKAGES,
  findNats,
  findPostgres,
  missingChatPrograms,
  NATS_MISSING,
  NATS_PACKAGES,
  POSTGRES_MISSING,
  POSTGRES_PACKAGES,
} from '@herald/engines/find'
import { setUpForeignClients } from './foreign-clients.mjs'
import { findFirefox, missingBrowserPackages, missingBrowsers } from './other-browsers.mjs'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'msedge']
const PLACES = {
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].flatMap((name) => {
    const root = process.env[name]
    if (root === undefined) return []
    return [
      join(root, 'Google', 'Chrome', 'Application', 'chrome.exe'),
      join(root, 'Chromium', 'Application', 'chrome.exe'),
      join(root, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
    ]
  }),
}
const BROWSER_PACKAGES = ['chromium']
// fontconfig brings fc-list, which tells whether the font is there.
const FONT_PACKAGES = ['fontconfig', 'fonts-wqy-microhei']
/** Says whether the systemd unit is one; only Linux has it. */
const UNIT_PACKAGES = ['systemd']
const BENCH_PROGRAMS = {
  nginx: ['nginx', 'libnginx-mod-nchan'],
  'nats-server': ['nats-server'],
  mosquitto: ['mosquitto'],
}
const WHAT_TO_DO = `The tests need Chromium (or Chrome, or Edge). Install one of:
  Debian, Ubuntu   sudo apt-get install -y ${[...BROWSER_PACKAGES, ...FONT_PACKAGES].join(' ')}
  Fedora           sudo dnf install chromium google-noto-sans-cjk-fonts
  macOS            brew install --cask google-chrome
  Windows          winget install Google.Chrome
or set CHROMIUM_PATH to the executable of one that is already there.`

/**
 * The path of a Chromium-family browser: CHROMIUM_PATH, then the PATH, then the system's usual places.
 * @returns {string | undefined}
 */
export function findChromium() {
  const named = process.env.CHROMIUM_PATH
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const onPath = NAMES.flatMap((name) => folders.map((folder) => join(folder, name + suffix)))
  const places = process.platform === 'darwin' || process.platform === 'win32' ? PLACES[process.platform] : []
  return [...onPath, ...places].find((path) => existsSync(path))
}

/** Like findChromium, but throws with what to install. */
export function requireChromium() {
  const path = findChromium()
  if (path === undefined) throw new Error(WHAT_TO_DO)
  return path
}

/** Whether Chinese text would render; only Linux machines come without such a font. */
function hasChineseFont() {
  if (process.platform !== 'linux') return true
  const list = spawnSync('fc-list', [':lang=zh', 'family'], { encoding: 'utf8' })
  return list.status === 0 && list.stdout.trim() !== ''
}

function canVerifyUnits() {
  return process.platform !== 'linux' || spawnSync('systemd-analyze', ['--version']).status === 0
}

/** @param {string[]} packages */
function installByApt(packages) {
  const isDebian = process.platform === 'linux' && existsSync('/etc/debian_version')
  const isRoot = process.getuid?.() === 0
  if (!isDebian || !isRoot) return
  console.log(`setup: installing ${packages.join(', ')}`)
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages]
    execFileSync('apt-get', install, { stdio: ['ignore', 'ignore', 'inherit'], env })
  } catch (error) {
    // What is still missing is reported below, with what to do about it.
    console.error(`setup: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** Makes sure that the tests have what they need. @returns {boolean} */
export function setUp() {
  const missing = [
    ...(findChromium() === undefined ? BROWSER_PACKAGES : []),
    ...(hasChineseFont() ? [] : FONT_PACKAGES),
    ...(canVerifyUnits() ? [] : UNIT_PACKAGES),
    ...(findPostgres() === undefined ? POSTGRES_PACKAGES : []),
    ...(findNats() === undefined ? NATS_PACKAGES : []),
    ...(missingChatPrograms().length > 0 ? CHAT_PACKAGES : []),
    ...missingBrowserPackages(),
  ]
  if (missing.length > 0) installByApt(missing)
  const chromium = findChromium()
  if (chromium === undefined) {
    console.error(WHAT_TO_DO)
    return false
  }
  if (!canVerifyUnits()) {
    console.error(
      `The tests need systemd-analyze. Install it: sudo apt-get install -y ${UNIT_PACKAGES.join(' ')}`,
    )
    return false
  }
  const missingText = missingBrowsers()
  if (missingText !== '') {
    console.error(missingText)
    return false
  }
  const postgres = findPostgres()
  if (postgres === undefined) {
    console.error(POSTGRES_MISSING)
    return false
  }
  const nats = findNats()
  if (nats === undefined) {
    console.error(NATS_MISSING)
    return false
  }
  const absent = missingChatPrograms()
  if (absent.length > 0) {
    console.error(`${CHAT_MISSING}\nNot here: ${absent.join(', ')}.`)
    return false
  }
  const font = hasChineseFont() ? '' : ', but no Chinese font: screenshots will show boxes'
  const browsers = [chromium, findFirefox()].join(', ')
  console.log(`setup: ${browsers}${font}, PostgreSQL in ${postgres}, ${nats}, Prosody and ejabberd`)
  return true
}

/** Makes sure that the servers of the benches are there. @returns {boolean} */
export function setUpBench() {
  const places = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const missing = () =>
    Object.entries(BENCH_PROGRAMS).filter(
      ([name]) => !places.some((folder) => existsSync(join(folder, name))),
    )
  const packages = missing().flatMap(([, names]) => names)
  if (packages.length > 0) {
    installByApt(packages)
    console.log('setup: Debian starts these as services. The benches start their own and do not need those.')
  }
  const absent = missing().flatMap(([, names]) => names)
  if (absent.length > 0) console.error(`For all of the bench: sudo apt-get install -y ${absent.join(' ')}`)
  return absent.length === 0
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  // Without one the tests of its clients are skipped, which is said; nothing else needs it.
  if (process.argv.includes('--foreign')) setUpForeignClients()
  const done = [setUp(), ...(process.argv.includes('--bench') ? [setUpBench()] : [])]
  process.exitCode = done.every(Boolean) ? 0 : 1
}
