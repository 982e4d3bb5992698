import decode from 'jsqr'

/** Pixels of one module: the reader looks for edges, and finds few in single pixels. */
const SCALE = 4

/** Reads the QR code in what was written to a terminal, by its colours and halves alone; null when there is none. */
export function readQrCode(output: string): string | null {
  const rows = output.split('\n').flatMap((line) => {
    const drawn = line.split('\u001b[30;107m')[1]?.split('\u001b[0m')[0]
    return drawn === undefined ? [] : [upper(drawn), lower(drawn)]
  })
  const width = (rows[0]?.length ?? 0) * SCALE
  const height = rows.length * SCALE
  if (width === 0) return null
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isDark = rows[Math.floor(y / SCALE)]?.[Math.floor(x / SCALE)] === true
      if (isDark) pixels.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3)
    }
  }
  return decode(pixels, width, height)?.data ?? null
}

const upper = (line: string): boolean[] => Array.from(line, (half) => half === '▀' || half === '█')
const lower = (line: string): boolean[] => Array.from(line, (half) => half === '▄' || half === '█')
