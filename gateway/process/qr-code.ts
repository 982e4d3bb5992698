import { encode } from 'uqr'

/** Light modules around the code, which a camera needs to find it (ISO/IEC 18004, 6.3.8: four). */
const QUIET_ZONE = 4

/** Columns that are taken for granted where nobody says how wide the terminal is. */
const USUAL_COLUMNS = 80

/** Black on white whatever the terminal's colours are: many cameras do not read a code in its negative. */
const BLACK_ON_WHITE = '\u001b[30;107m'
const RESET = '\u001b[0m'

/** Two modules, one above the other, by whether they are dark. */
const HALVES: Readonly<Record<string, string>> = { '00': ' ', '10': '▀', '01': '▄', '11': '█' }

/** A terminal, as far as a drawing needs to know it. */
export interface Terminal {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/**
 * A QR code as lines of a terminal; two modules high and one wide a character, so that it comes out square. None when
 * there is no terminal, or it is narrower than the code with its indent.
 */
export function drawQrCode(text: string, { isTTY, columns }: Terminal, indent = 0): string[] {
  if (isTTY !== true) return []
  const { data, size } = encode(text, { ecc: 'L', border: QUIET_ZONE })
  // A pseudo terminal that has no size says 0.
  if (size + indent > (columns || USUAL_COLUMNS)) return []
  const isDark = (row: number, column: number): string => (data[row]?.[column] === true ? '1' : '0')
  return Array.from({ length: Math.ceil(size / 2) }, (_, line) => {
    const halves = Array.from({ length: size }, (__, column) => {
      return HALVES[isDark(2 * line, column) + isDark(2 * line + 1, column)]
    })
    return `${BLACK_ON_WHITE}${halves.join('')}${RESET}`
  })
}
