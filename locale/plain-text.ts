import { findAddresses, unifyLineBreaks } from './text'

/** Longest markdown that is looked at: an alert shows far less, and long input costs time. */
const MAX_MARKDOWN_LENGTH = 2000

/**
 * Markdown as the text that it shows, for places that show text only. Not a parser: it takes the marks of the common
 * cases away and leaves what it does not know.
 */
export function plainText(markdown: string): string {
  const { hidden, addresses } = hideAddresses(withoutBlockMarks(markdown.slice(0, MAX_MARKDOWN_LENGTH)))
  let next = 0
  return withoutInlineMarks(hidden).replace(PLACE, () => addresses[next++] ?? '')
}

/** Stands for an address, which may hold what looks like marks. Nobody sees one that a text brings along. */
const PLACE = /\ue000/g

function hideAddresses(text: string): { hidden: string; addresses: string[] } {
  const addresses: string[] = []
  let hidden = ''
  let end = 0
  for (const { at, address } of findAddresses(text)) {
    hidden += `${text.slice(end, at)}\ue000`
    addresses.push(address)
    end = at + address.length
  }
  return { hidden: hidden + text.slice(end), addresses }
}

function withoutBlockMarks(markdown: string): string {
  return (
    unifyLineBreaks(markdown.replace(PLACE, ''))
      .replace(/^ {0,3}(?:```|~~~)[^\n]*$/gm, '')
      .replace(/!?\[([^\]\n]*)\]\((?:[^()\n]|\([^()\n]*\))*\)/g, '$1')
      // A definition, which markdown shows nowhere: to a person it is a line such as "[WARN]: restarted".
      .replace(/^ {0,3}\[([^\]\n]+)\]:[ \t]*(?=\S)/gm, '$1: ')
      .replace(/<(https?:\/\/[^\s<>]+)>/gi, '$1')
      .replace(/^ {0,3}#{1,6} +/gm, '')
      .replace(/^ {0,3}\|?(?: {0,3}:?-+:? {0,3}\|)+(?: {0,3}:?-+:?)? {0,3}$/gm, '')
      .replace(/^ {0,3}\|([^\n]*)\|[ \t]*$/gm, (_row, cells: string) =>
        cells
          .split('|')
          .map((cell) => cell.trim())
          .join(' · '),
      )
      .replace(/^ {0,3}> ?/gm, '')
      .replace(/^( {0,8})[-*+] +(?:\[[ xX]\] +)?/gm, '$1• ')
      .replace(/^ {0,3}(?:[-*_] ?){3,}$/gm, '')
  )
}

function withoutInlineMarks(text: string): string {
  return text
    .replace(/(\*\*|__|~~|`)(?=\S)([^\n]*?\S)\1/g, '$2')
    .replace(/(^|[^\w*\\])([*_])(?=\S)([^\n*_\\]*[^\s*_\\])\2(?![\w*])/g, '$1$3')
    .replace(/\\([\\`*_{}[\]()#+\-.!~>|])/g, '$1')
}

/** The text cut to `limit` UTF-16 units, never inside a character, with an ellipsis when something was cut. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  const cut = text.slice(0, limit - 1)
  const last = cut.charCodeAt(cut.length - 1)
  return `${last >= 0xd800 && last <= 0xdbff ? cut.slice(0, -1) : cut}…`
}
