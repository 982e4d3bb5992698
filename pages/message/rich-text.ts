import { isBlank } from '@herald/protocol'
import { findAddresses, unifyLineBreaks } from '@/locale/text'

/**
 * What a message's text may become on the screen, and nothing else: runs of styled words, code, tables and images
 * in one flat list. Nesting is a number, so that no component needs to contain itself.
 */
export interface Run {
  readonly text: string
  readonly bold?: boolean
  readonly italic?: boolean
  readonly strike?: boolean
  readonly code?: boolean
  /** An allowed link. */
  readonly link?: string
}

/** How a column of a table is set. */
export type Align = 'left' | 'center' | 'right'

interface Place {
  /** How deep it stands in lists, and in quotes. */
  readonly indent: number
  readonly quote: number
  /** What stands before the first line of a list item: a dot, a number or a box. */
  readonly marker: string
}

export type Block = Place &
  (
    | { readonly kind: 'paragraph'; readonly runs: readonly Run[] }
    | { readonly kind: 'heading'; readonly level: number; readonly runs: readonly Run[] }
    | { readonly kind: 'code'; readonly text: string }
    | { readonly kind: 'rule' }
    | { readonly kind: 'image'; readonly src: string; readonly alt: string }
    | {
        readonly kind: 'table'
        readonly aligns: readonly Align[]
        readonly rows: readonly (readonly (readonly Run[])[])[]
      }
  )

export const AT_TOP: Place = { indent: 0, quote: 0, marker: '' }

/** Plain text as runs, with its web addresses made links. */
export function linkRuns(text: string, style: Omit<Run, 'text' | 'link'> = {}): Run[] {
  const runs: Run[] = []
  let end = 0
  for (const { at, address } of findAddresses(text)) {
    if (at > end) runs.push({ ...style, text: text.slice(end, at) })
    runs.push({ ...style, text: address, link: address })
    end = at + address.length
  }
  if (end < text.length) runs.push({ ...style, text: text.slice(end) })
  return runs
}

/** Plain text as one paragraph; its line breaks stay. */
export function plainBlocks(text: string): Block[] {
  return text === '' ? [] : [{ ...AT_TOP, kind: 'paragraph', runs: linkRuns(unifyLineBreaks(text)) }]
}

/** Whether there is nothing to see in these blocks but lines and the marks of lists. */
export const saysNothing = (blocks: readonly Block[]): boolean =>
  blocks.every(
    (block) => block.kind !== 'image' && isBlank(block.kind === 'code' ? block.text : blockText(block)),
  )

/** What a block says, which tells its direction. */
export function blockText(block: Block): string {
  if (block.kind === 'paragraph' || block.kind === 'heading')
    return block.runs.map(({ text }) => text).join('')
  return block.kind === 'table'
    ? block.rows
        .flat(2)
        .map(({ text }) => text)
        .join(' ')
    : ''
}
