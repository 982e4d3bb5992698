// The workspaces of this repository, by the names that they are imported by.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

/** @param {string} folder  from the root @returns {{ name: string, workspaces?: string[] }} */
function manifestOf(folder) {
  /** @type {unknown} */
  const manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'))
  return /** @type {{ name: string, workspaces?: string[] }} */ (manifest)
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
  return Object.fromEntries([...WORKSPACES].map(([name, folder]) => [name, join(root, folder)]))
}
