// Takes pictures of the app with demo messages in it, from the real gateway and a real browser:
//   node scripts/screenshots.mjs [folder]     every page, light and dark, Chinese and English, phone and desktop;
//                                             into dist/screenshots unless a folder is given
//   node scripts/screenshots.mjs --readme     the picture of the README, docs/images/herald.png
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { buildGateway } from './gateway.mjs'
import { buildClient } from './uni.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const OUT = resolve(ROOT, 'e2e', 'out', 'screenshots.mjs')

/** Each file keeps the folder that it stands in, though they all become one. @type {import('esbuild').Plugin} */
const keepDirnames = {
  name: 'keep-dirnames',
  setup(bundling) {
    bundling.onLoad({ filter: /(?:e2e|scripts)\/[^/]+\.(?:ts|mjs)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }))
  },
}

try {
  await buildClient('h5', { ifStale: true })
  buildGateway()
  await build({
    entryPoints: [resolve(ROOT, 'e2e', 'screenshots.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outfile: OUT,
    plugins: [keepDirnames],
    logLevel: 'warning',
  })
  /** @type {unknown} */
  const bundled = await import(pathToFileURL(OUT).href)
  const pictures = /** @type {typeof import('../e2e/screenshots')} */ (bundled)
  const [argument] = process.argv.slice(2)
  if (argument === '--readme') await pictures.takeReadmePicture(resolve(ROOT, 'docs', 'images', 'herald.png'))
  else await pictures.takeScreenshots(resolve(argument ?? resolve(ROOT, 'dist', 'screenshots')))
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
