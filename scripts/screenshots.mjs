// Takes pictures of the app with demo messages in it, from the real gateway and a real browser:
//   node scripts/screenshots.mjs [folder]     every page, light and dark, Chinese and English, small phone, phone and desktop;
//                                             into dist/screenshots unless a folder is given
//   node scripts/screenshots.mjs --app [folder]   the same of the App's bundle on emulated phones; into dist/screenshots/app
//   node scripts/screenshots.mjs --readme     the pictures of the documents, docs/images/herald.png and app.jpg
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { buildGateway } from './gateway.mjs'
import { buildClient } from './uni.mjs'
import { workspaceAliases } from './workspaces.mjs'

const ROOT = resolve(import.meta.dirname, '..')

/** Each file keeps the folder that it stands in, though they all become one. @type {import('esbuild').Plugin} */
const keepDirnames = {
  name: 'keep-dirnames',
  setup(bundling) {
    bundling.onLoad({ filter: /(?:e2e|scripts|emulator)\/(?:[^/]+\/)?[^/]+\.(?:ts|mjs)$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)),
      loader: path.endsWith('.ts') ? 'ts' : 'js',
    }))
  },
}

/**
 * Makes JavaScript of a file of e2e/ and loads it.
 * @template {'screenshots' | 'phone-screenshots'} Name
 * @param {Name} name
 * @returns {Promise<Name extends 'screenshots' ? typeof import('../e2e/screenshots') : typeof import('../e2e/phone-screenshots')>}
 */
async function bundle(name) {
  const outfile = resolve(ROOT, 'e2e', 'out', `${name}.mjs`)
  await build({
    entryPoints: [resolve(ROOT, 'e2e', `${name}.ts`)],
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    alias: workspaceAliases(),
    outfile,
    plugins: [keepDirnames],
    logLevel: 'warning',
  })
  /** @type {unknown} */
  const loaded = await import(pathToFileURL(outfile).href)
  return /** @type {any} */ (loaded)
}

try {
  await buildClient('h5', { ifStale: true })
  await buildClient('app', { ifStale: true })
  buildGateway()
  const pages = await bundle('screenshots')
  const phones = await bundle('phone-screenshots')
  const [argument, folder] = process.argv.slice(2)
  if (argument === '--readme') {
    await pages.takeReadmePicture(resolve(ROOT, 'docs', 'images', 'herald.png'))
    await phones.takePhonePicture(resolve(ROOT, 'docs', 'images', 'app.jpg'))
  } else if (argument === '--app') {
    await phones.takePhoneScreenshots(resolve(folder ?? resolve(ROOT, 'dist', 'screenshots', 'app')))
  } else {
    await pages.takeScreenshots(resolve(argument ?? resolve(ROOT, 'dist', 'screenshots')))
  }
} catch (error) {
  console.error(error)
  process.exitCode = 1
}
