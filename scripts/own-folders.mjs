// Bundles of programs that read files beside their modules.
import { readFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { pathToFileURL } from 'node:url'

/**
 * Lets the modules of these folders find what lies beside them, though they end up in one file in `dist`.
 * @type {import('esbuild').Plugin}
 */
export const ownFolders = {
  name: 'own-folders',
  setup(build) {
    build.onLoad(
      { filter: /[\\/](?:e2e|scripts|emulator|bench[\\/]client)[\\/][^\\/]+\.(?:ts|mjs)$/ },
      ({ path }) => ({
        contents: readFileSync(path, 'utf8')
          .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
          .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
        loader: extname(path) === '.ts' ? 'ts' : 'js',
      }),
    )
  },
}
