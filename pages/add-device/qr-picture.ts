import { encode } from 'uqr'

/** Light modules around the code, which a camera needs to find it (ISO/IEC 18004, 6.3.8: four). */
const QUIET_ZONE = 4

/**
 * A QR code as a picture for a style, dark on light whatever the theme is: many cameras do not read one in its negative. As a
 * background, because that is the one way to show a drawing that every platform knows.
 */
export function qrPicture(text: string): string {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE })
  const path = data.flatMap((row, y) => runsOf(row).map(([x, width]) => `M${x} ${y}h${width}v1h-${width}z`))
  const side = String(size)
  const svg =
    `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 ${side} ${side}' shape-rendering='crispEdges'>` +
    `<rect width='${side}' height='${side}' fill='white'/><path d='${path.join('')}'/></svg>`
  return `url("data:image/svg+xml,${encodeURIComponent(svg)}")`
}

/** Where the dark runs of a row begin, and how long each is. */
function runsOf(row: readonly boolean[]): [from: number, length: number][] {
  const runs: [number, number][] = []
  row.forEach((dark, x) => {
    const last = runs.at(-1)
    if (!dark) return
    if (last && last[0] + last[1] === x) last[1] += 1
    else runs.push([x, 1])
  })
  return runs
}
