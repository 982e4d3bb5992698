// Finds Firefox and WebKit, which the tests run the app in besides Chromium.
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** @param {string} name @param {readonly string[]} [places] */
function findProgram(name, places = []) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const onPath = folders.map((folder) => join(folder, name))
  return [...onPath, ...places].find((path) => existsSync(path))
}

export const FIREFOX_PACKAGES = ['firefox-esr']
export const WEBKIT_PACKAGES = ['webkit2gtk-driver', 'xvfb']

/** The path of a Firefox: FIREFOX_PATH, then the PATH, then the system's usual place. @returns {string | undefined} */
export function findFirefox() {
  const named = process.env.FIREFOX_PATH
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined
  if (process.platform === 'win32') {
    const roots = [process.env.ProgramFiles, process.env['ProgramFiles(x86)']].flatMap((root) => root ?? [])
    return findProgram(
      'firefox.exe',
      roots.map((root) => join(root, 'Mozilla Firefox', 'firefox.exe')),
    )
  }
  return (
    findProgram('firefox-esr') ?? findProgram('firefox', ['/Applications/Firefox.app/Contents/MacOS/firefox'])
  )
}

/**
 * WebKitGTK's driver and a screen without a monitor for its window. Only Linux has them: elsewhere nobody asks for them.
 * @returns {{ driver: string, xvfb: string } | undefined}
 */
export function findWebKit() {
  const driver = findProgram('WebKitWebDriver')
  const xvfb = findProgram('Xvfb')
  return driver === undefined || xvfb === undefined ? undefined : { driver, xvfb }
}

/** Whether WebKit can be had on this system at all. */
export const hasWebKitGtk = process.platform === 'linux'

/** Debian's packages of what is missing. @returns {string[]} */
export function missingBrowserPackages() {
  return [
    ...(findFirefox() === undefined ? FIREFOX_PACKAGES : []),
    ...(hasWebKitGtk && findWebKit() === undefined ? WEBKIT_PACKAGES : []),
  ]
}

/** What to install, in words; empty when all is there. */
export function missingBrowsers() {
  const packages = missingBrowserPackages()
  if (packages.length === 0) return ''
  const other = hasWebKitGtk ? 'WebKitGTK with its driver and Xvfb' : ''
  return `The tests need Firefox${other === '' ? '' : ` and ${other}`}. Missing here: ${packages.join(', ')}. Install:
  Debian           sudo apt-get install -y ${[...FIREFOX_PACKAGES, ...WEBKIT_PACKAGES].join(' ')}
  macOS            brew install --cask firefox
  Windows          winget install Mozilla.Firefox
or set FIREFOX_PATH to the executable of a Firefox that is already there.`
}
