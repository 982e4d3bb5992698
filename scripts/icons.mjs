// Renders every PNG icon from the SVG below, by Chromium. The PNGs are committed: run it after a change here.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { chromium } from 'playwright-core'
import { requireChromium } from './setup.mjs'

const ROOT = resolve(import.meta.dirname, '..')
const BRAND = '#3D5AFE'
const GOLD = '#FFC94D'

/** A herald's trumpet with its banner, in a box of 100 by 100. @param {string} horn @param {string} banner */
const mark = (horn, banner) => `<g transform="rotate(-18 50 50) translate(0 -7)">
  <path d="M28 53h27v35.5q0 2.2-1.8 1L41.5 81 29.8 89.5q-1.8 1.2-1.8-1z" fill="${banner}"/>
  <path d="M13 42.5v15M14 50h48" stroke="${horn}" stroke-width="7" stroke-linecap="round" fill="none"/>
  <path d="M58 46.5c12-.5 19-4.5 25.5-15 1.4-2.3 5-1.3 5 1.4v34.2c0 2.7-3.6 3.7-5 1.4-6.5-10.5-13.5-14.5-25.5-15z" fill="${horn}"/>
</g>`

/** @param {string} body @param {string} [box] */
const svg = (body, box = '0 0 100 100') =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box}">${body}</svg>`
/** @param {number} scale @param {string} body */
const scaled = (scale, body) =>
  `<g transform="translate(50 50) scale(${scale}) translate(-50 -50)">${body}</g>`

const background = `<rect width="100" height="100" fill="${BRAND}"/>`
const foreground = mark('#FFFFFF', GOLD)
const rounded = svg(`<rect width="100" height="100" rx="23" fill="${BRAND}"/>${scaled(0.9, foreground)}`)
const square = svg(background + scaled(0.86, foreground))
// Launchers may crop a maskable icon to a circle of 80 %.
const maskable = svg(background + scaled(0.66, foreground))
const silhouette = svg(scaled(0.95, mark('#FFFFFF', '#FFFFFF')))

const outline = (/** @type {string} */ body) => (/** @type {string} */ colour) =>
  svg(
    `<g fill="none" stroke="${colour}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${body}</g>`,
    '0 0 24 24',
  )
const solid = (/** @type {string} */ body) => (/** @type {string} */ colour) =>
  svg(
    `<g fill="${colour}" stroke="${colour}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" fill-rule="evenodd">${body}</g>`,
    '0 0 24 24',
  )

const tabs = {
  inbox: {
    rest: outline(
      '<path d="M6.4 4.5h11.2a1.5 1.5 0 0 1 1.4 1L21 13v5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18v-5l2-7.5a1.5 1.5 0 0 1 1.4-1z"/><path d="M3 13h5.2a4 4 0 0 0 7.6 0H21"/>',
    ),
    selected: solid(
      '<path d="M6.4 4.5h11.2a1.5 1.5 0 0 1 1.4 1L21 13v5a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 18v-5l2-7.5a1.5 1.5 0 0 1 1.4-1zM3.9 12.1h4.9q.4 2.7 3.2 2.7t3.2-2.7h4.9l-1.7-6.3H5.6z" stroke-width="1.6"/><path d="M8.5 8.6h7" stroke-width="1.6"/>',
    ),
  },
  feeds: {
    rest: outline(
      '<circle cx="12" cy="12" r="1.6"/><path d="M8.3 15.7a5.2 5.2 0 0 1 0-7.4M15.7 8.3a5.2 5.2 0 0 1 0 7.4M5.3 18.7a9.5 9.5 0 0 1 0-13.4M18.7 5.3a9.5 9.5 0 0 1 0 13.4"/>',
    ),
    selected: (/** @type {string} */ colour) =>
      svg(
        `<g fill="none" stroke="${colour}" stroke-width="2.6" stroke-linecap="round"><circle cx="12" cy="12" r="1.7" fill="${colour}"/><path d="M8.3 15.7a5.2 5.2 0 0 1 0-7.4M15.7 8.3a5.2 5.2 0 0 1 0 7.4M5.3 18.7a9.5 9.5 0 0 1 0-13.4M18.7 5.3a9.5 9.5 0 0 1 0 13.4"/></g>`,
        '0 0 24 24',
      ),
  },
  settings: {
    rest: outline(
      '<path d="M3.5 7.5h8M17.5 7.5h3M3.5 16.5h3M12.5 16.5h8"/><circle cx="14.5" cy="7.5" r="2.8"/><circle cx="9.5" cy="16.5" r="2.8"/>',
    ),
    selected: (/** @type {string} */ colour) =>
      svg(
        `<g stroke="${colour}" stroke-width="2.6" stroke-linecap="round" fill="${colour}"><path d="M3.5 7.5h8M17.5 7.5h3M3.5 16.5h3M12.5 16.5h8"/><circle cx="14.5" cy="7.5" r="2.6"/><circle cx="9.5" cy="16.5" r="2.6"/></g>`,
        '0 0 24 24',
      ),
  },
}
const COLOURS = { '': ['#667085', BRAND], '-dark': ['#98A1B3', '#8C9EFF'] }

/** @type {{ path: string, svg: string, size: number }[]} */
const images = [
  ...[20, 29, 40, 58, 60, 72, 76, 80, 87, 96, 120, 144, 152, 167, 180, 192, 1024].map((size) => ({
    path: `static/app-plus/icons/${size}.png`,
    svg: square,
    size,
  })),
  { path: 'static/app-harmony/icons/foreground.png', svg: svg(scaled(0.66, foreground)), size: 288 },
  { path: 'static/app-harmony/icons/background.png', svg: svg(background), size: 288 },
  { path: 'static/logo.png', svg: rounded, size: 192 },
  { path: 'public/icon-180.png', svg: square, size: 180 },
  { path: 'public/icon-192.png', svg: rounded, size: 192 },
  { path: 'public/icon-512.png', svg: rounded, size: 512 },
  { path: 'public/icon-maskable-512.png', svg: maskable, size: 512 },
  // Android shows a notification's badge as a silhouette: only its alpha counts.
  { path: 'public/badge-96.png', svg: silhouette, size: 96 },
  ...Object.entries(tabs).flatMap(([name, { rest, selected }]) =>
    Object.entries(COLOURS).flatMap(([theme, [colour = '', brand = '']]) => [
      { path: `static/tab/${name}${theme}.png`, svg: rest(colour), size: 81 },
      { path: `static/tab/${name}${theme}-selected.png`, svg: selected(brand), size: 81 },
    ]),
  ),
]

const browser = await chromium.launch({
  executablePath: requireChromium(),
  args: ['--no-sandbox', '--disable-gpu'],
})
const page = await browser.newPage()
for (const image of images) {
  const { size } = image
  await page.setViewportSize({ width: size, height: size })
  const style = 'html,body{margin:0;background:transparent}svg{display:block;width:100vw;height:100vh}'
  await page.setContent(`<style>${style}</style>${image.svg}`)
  // Apple refuses an app icon with an alpha channel.
  const png = await page.screenshot({ omitBackground: image.svg !== square })
  const file = resolve(ROOT, image.path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, png)
  console.log(`${image.path}  ${png.length} bytes`)
}
await browser.close()
writeFileSync(resolve(ROOT, 'public/favicon.svg'), `${rounded.replace(/\n\s*/g, '')}\n`)
