// The workspaces of this repository, by the names that they are imported by.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

/** @typedef {{ name: string, workspaces?: string[], exports?: string | Record<string, string> }} Manifest */

/** @param {string} folder  from the root @returns {Manifest} */
function manifestOf(folder) {
  /** @type {unknown} */
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
  return /** @type {Manifest} */ (manifest)
}

/** Each workspace's folder from the root, by its package's name. @type {ReadonlyMap<string, string>} */
export const WORKSPACES = new Map(
  (manifestOf('.').workspaces ?? []).map((folder) => [manifestOf(folder).name, folder]),
)

/**
 * For a bundler that leaves packages out of what it makes: the workspaces are part of it.
 * @param {string} [root] of the checkout whose workspaces are meant
 * @returns {Record<string, string>}
 */
export function workspaceAliases(root = ROOT) {
  /** @type {Record<string, string>} */
  const aliases = {}
  for (const [name, folder] of WORKSPACES) {
    aliases[name] = join(root, folder)
    for (const [door, file] of doorsOf(folder)) aliases[`${name}/${door}`] = join(root, folder, file)
  }
  return aliases
}

/**
 * A bundler that is sent to a folder does not read its `exports`, and finds `find` there only when it is `find.ts`.
 * @param {string} folder
 * @returns {[door: string, file: string][]} exports of a workspace that name one file, but for the workspace itself
 */
function doorsOf(folder) {
  const doors = manifestOf(folder).exports ?? {}
  return Object.entries(typeof doors === 'string' ? {} : doors)
    .filter(([door, file]) => door.startsWith('./') && !door.includes('*') && typeof file === 'string')
    .map(([door, file]) => [door.slice('./'.length), file])
}
