import { chromium } from 'playwright-core'
import { requireChromium } from '../../scripts/setup.mjs'
import { isMet, short, verdict, type KeptPart } from './report'
import { figuresOf, type Figure } from './summary'

const WIDTH = 1200

const STYLE = `
  body { margin: 0; padding: 32px 36px; width: ${WIDTH - 72}px; background: #fff; color: #1d2129;
    font: 13px/1.45 system-ui, "DejaVu Sans", sans-serif; }
  h1 { margin: 0; font-size: 22px; } .where { margin: 2px 0 20px; color: #6b7280; }
  main { columns: 2; column-gap: 44px; } section { margin: 0 0 22px; }
  h2 { margin: 0 0 8px; padding-bottom: 4px; border-bottom: 1px solid #e5e7eb; font-size: 15px; break-after: avoid; }
  article { break-inside: avoid; margin-bottom: 13px; } h3 { margin: 0; font-size: 13px; font-weight: 600; }
  .unit { color: #6b7280; font-weight: 400; } .verdict { font-size: 12px; } .met { color: #15803d; } .missed { color: #b91c1c; }
  .bar { display: grid; grid-template-columns: 112px 1fr; align-items: center; height: 17px; font-size: 12px; }
  .who { color: #4b5563; } .track { position: relative; display: flex; align-items: center; height: 11px; margin-right: 72px; }
  .fill { height: 100%; min-width: 2px; border-radius: 2px; background: #cbd5e1; } .ours .fill { background: #2563eb; }
  .ours .who { color: #1d2129; font-weight: 600; } .value { padding-left: 6px; font-variant-numeric: tabular-nums; }
  .limit { position: absolute; top: -3px; bottom: -3px; width: 2px; background: #b91c1c; }`

/** The names under which our own code takes part. */
const OURS = new Set([
  ...['herald', 'log', 'http', 'provider', 'middle'],
  ...['app', 'banner', 'list', 'twice', 'start', 'sign-in', 'inbox, signed in'],
  ...['herald android', 'herald ios'],
])

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** One bar; `limit` is a mark in the same unit. */
function bar(who: string, value: number, full: number, limit?: number): string {
  const share = (part: number): string => `${((part / full) * 100).toFixed(1)}%`
  const mark = limit === undefined ? '' : `<i class="limit" style="left: ${share(limit)}"></i>`
  return `<div class="bar${OURS.has(who) ? ' ours' : ''}"><span class="who">${escape(who)}</span>
    <span class="track"><span class="fill" style="width: ${share(value)}"></span>
    <span class="value">${short(value)}</span>${mark}</span></div>`
}

function drawing({ row, verdicts }: Figure): string {
  const values = Object.entries(row.values)
  const [first] = verdicts
  // A ratio's limit is not of the bars' unit; a figure that is held to a limit itself is.
  const isRatio = values.length > 1 || first?.measured === undefined
  const bars = isRatio || values.length > 0 ? values : [['herald', first.measured.value] as const]
  const limit = isRatio ? undefined : first.target?.value
  const full = Math.max(...bars.map(([, value]) => value), limit ?? 0)
  const lines = verdicts.map(
    (held) =>
      `<div class="verdict ${isMet(held) === true ? 'met' : 'missed'}">${escape(verdict(held))}</div>`,
  )
  return `<article><h3>${escape(row.name)} <span class="unit">${escape(row.unit)}</span></h3>
    ${lines.join('')}${bars.map(([who, value]) => bar(who, value, full, limit)).join('')}</article>`
}

function toHtml(parts: readonly KeptPart[]): string {
  const where = [...new Set(parts.map(({ machine }) => machine))].join('; ')
  const sections = parts.map((part) => {
    const held = figuresOf(part).filter(({ verdicts }) => verdicts.some(({ target }) => target !== undefined))
    // A part to which no targets are set is in the text.
    if (held.length === 0) return ''
    return `<section><h2>${escape(part.title)}</h2>${held.map(drawing).join('')}</section>`
  })
  return `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><h1>Herald, measured</h1>
    <p class="where">${escape(where)}. Medians; the contestants of a figure ran in turn.</p><main>${sections.join('')}</main>`
}

/** Draws what the parts are held to, as a PNG. */
export async function drawPicture(parts: readonly KeptPart[], path: string): Promise<void> {
  const browser = await chromium.launch({ executablePath: requireChromium(), args: ['--no-sandbox'] })
  try {
    const page = await browser.newPage({ viewport: { width: WIDTH, height: 800 } })
    await page.setContent(toHtml(parts))
    await page.screenshot({ path, fullPage: true })
  } finally {
    await browser.close()
  }
}
