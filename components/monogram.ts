/** What stands for a feed when it has no picture: one letter and a hue that is always the same for a name. */
export function monogramOf(name: string): { letter: string; hue: number } {
  let hash = 0
  for (const char of name) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0
  const hue = HUES[hash % HUES.length] ?? 230
  return { letter: (/[\p{L}\p{N}]/u.exec(name)?.[0] ?? '#').toUpperCase(), hue }
}

/** Far enough apart to tell neighbours from each other, none in the yellow where no text has contrast. */
const HUES = [230, 268, 306, 340, 12, 28, 150, 172, 192, 208]
