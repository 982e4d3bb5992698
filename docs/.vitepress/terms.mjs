const BETWEEN = /[\n\r\p{Z}\p{P}]+/u
const HAN = /(\p{Script=Han}+)/u

/** The terms of a text: words, and of Chinese, which has no blanks, each two characters that stand together. @param {string} text */
export function termsOf(text) {
  return text
    .split(BETWEEN)
    .flatMap((word) => word.split(HAN))
    .flatMap((part) => (HAN.test(part) ? pairsOf(Array.from(part)) : [part]))
    .filter((term) => term !== '')
}

/** @param {string[]} characters */
const pairsOf = (characters) =>
  characters.length === 1
    ? characters
    : characters.slice(1).map((character, at) => `${characters[at] ?? ''}${character}`)
