// The protocol has one door, which brings all of it along: a bundler that splits code puts a file where all is that might be
// reached, and the schemas would be in what a page waits for. In the package each import names the file that it means.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const DOOR = '@herald/protocol'
const EXPORTED = /^export (?:const|function|class) (\w+)/gm
const IMPORT = new RegExp(`(import|export) \\{([^}]*)\\} from '${DOOR}'`, 'g')

/** Which file of the protocol has what, by name. @param {string} root @returns {Map<string, string>} */
export function protocolFiles(root) {
  const folder = join(root, 'protocol')
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts') && name !== 'index.ts')
  return new Map(
    files.flatMap((file) =>
      [...readFileSync(join(folder, file), 'utf8').matchAll(EXPORTED)].map(([, name]) => [
        String(name),
        `${DOOR}/${file.slice(0, -'.ts'.length)}`,
      ]),
    ),
  )
}

/** A source that imports of the protocol from the files that have it. @param {string} code @param {Map<string, string>} files */
export const pastTheDoor = (code, files) =>
  code.replace(IMPORT, (_, word, names) =>
    String(names)
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '' && !name.startsWith('type '))
      .map((name) => `${String(word)} { ${name} } from '${fileOf(name, files)}'`)
      .join('\n'),
  )

/** @param {string} name  with what it is called here @param {Map<string, string>} files */
function fileOf(name, files) {
  const file = files.get(name.split(' as ')[0] ?? name)
  if (file === undefined) throw new Error(`no file of the protocol exports ${name}`)
  return file
}
