/**
 * What a text says of itself, whatever the interface's language: where its lines end, which way it runs, and where
 * an address in it ends. Components, pages and alerts keep the same rules.
 */

/** NEXT LINE, LINE SEPARATOR, PARAGRAPH SEPARATOR and Windows' pair: to everybody but `\n` a new line (UAX #14). */
const LINE_BREAKS = /\r\n?|[\u0085\u2028\u2029]/g

/** The text with `\n` for each kind of line break. */
export const unifyLineBreaks = (text: string): string => text.replace(LINE_BREAKS, '\n')

/** The first character with a direction decides, as rules P2 and P3 of UAX #9 have it; isolates and overrides have none. */
const BEGINS_RIGHT_TO_LEFT =
  /^[^\p{L}]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/** Whether a text runs from right to left. By hand: only browsers have `dir="auto"`. */
export const isRightToLeft = (text: string): boolean => BEGINS_RIGHT_TO_LEFT.test(text)

/** Punctuation of Chinese and Japanese, which sets no space between an address and the sentence that goes on; of Arabic and Hindi. */
export const SENTENCE_MARKS = '，。；：！？、（）《》〈〉「」『』【】〔〕“”‘’،؛؟۔।'

const ADDRESS = new RegExp(`https?:\\/\\/[^\\s<>"\u0085${SENTENCE_MARKS}]+`, 'gi')

// A closing bracket or full stop after an address is the sentence's.
const TRAILING = /[.,;:!?)\]}'*_~`]+$/

/** The web addresses in a text, and where they stand. */
export function findAddresses(text: string): { readonly at: number; readonly address: string }[] {
  return [...text.matchAll(ADDRESS)].map((match) => ({ at: match.index, address: trimAddress(match[0]) }))
}

function trimAddress(address: string): string {
  const trimmed = address.replace(TRAILING, '')
  // Wikipedia writes addresses that end in a bracket.
  return trimmed.includes('(') && address[trimmed.length] === ')' ? `${trimmed})` : trimmed
}
