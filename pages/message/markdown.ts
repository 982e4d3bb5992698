import { Lexer, Tokenizer, type MarkedToken, type Token, type Tokens } from 'marked'
import { SENTENCE_MARKS, unifyLineBreaks } from '@/locale/text'
import { isSafeLink } from '../shell/open-link'
import { AT_TOP, linkRuns, plainBlocks, type Block, type Run } from './rich-text'

type Place = typeof AT_TOP
type Style = Omit<Run, 'text'>

/** Deeper nesting than this is shown at this depth: a sender must not be able to exhaust the stack. */
const MAX_DEPTH = 12

/** What may be a picture at all; picture-rule.ts says which are fetched. */
const SAFE_IMAGE = /^https?:\/\/[^\s<>"'()\\]+$/i

const SENTENCE_MARK = new RegExp(`[${SENTENCE_MARKS}]`)

/** GitHub's rule ends a bare address at a blank, and before ASCII punctuation only. */
class BareAddresses extends Tokenizer {
  override url(src: string): Tokens.Link | undefined {
    const end = src.search(SENTENCE_MARK)
    return super.url(end === -1 ? src : src.slice(0, end))
  }
}

/**
 * Reads markdown into allow-listed blocks. Only marked's lexer is used, never its HTML: raw HTML comes out as the
 * text that was written, and links and images of other schemes as their words.
 */
export function markdownBlocks(text: string): Block[] {
  const blocks: Block[] = []
  try {
    const tokens = Lexer.lex(unifyLineBreaks(text), {
      gfm: true,
      breaks: true,
      tokenizer: new BareAddresses(),
    })
    addBlocks(blocks, tokens, AT_TOP, 0)
  } catch {
    // Thousands of nested quotes overflow the lexer's stack; what they say can still be read as it was written.
    return plainBlocks(text)
  }
  return blocks
}

function addBlocks(blocks: Block[], tokens: readonly Token[], place: Place, depth: number): void {
  let at = place
  for (const token of tokens as readonly MarkedToken[]) {
    const before = blocks.length
    addBlock(blocks, token, at, depth)
    // Only the first block of a list item has its marker.
    if (blocks.length > before) at = { ...place, marker: '' }
  }
}

function addBlock(blocks: Block[], token: MarkedToken, place: Place, depth: number): void {
  switch (token.type) {
    case 'heading':
      blocks.push({ ...place, kind: 'heading', level: token.depth, runs: readRuns(token.tokens) })
      return
    case 'code':
      blocks.push({ ...place, kind: 'code', text: token.text })
      return
    case 'hr':
      blocks.push({ ...place, kind: 'rule' })
      return
    case 'blockquote':
      if (depth < MAX_DEPTH) addBlocks(blocks, token.tokens, { ...place, quote: place.quote + 1 }, depth + 1)
      else addText(blocks, token.raw, place)
      return
    case 'list':
      if (depth < MAX_DEPTH) addList(blocks, token, place, depth)
      else addText(blocks, token.raw, place)
      return
    case 'table':
      blocks.push({
        ...place,
        kind: 'table',
        aligns: token.align.map((align) => align ?? 'left'),
        rows: readTable(token),
      })
      return
    case 'paragraph':
    case 'text':
      addParagraph(blocks, token.tokens ?? [token], place)
      return
    case 'space':
    case 'def':
    case 'checkbox':
      return
    default:
      addText(blocks, token.raw, place)
  }
}

function addText(blocks: Block[], text: string, place: Place): void {
  if (text.trim() !== '') blocks.push({ ...place, kind: 'paragraph', runs: linkRuns(text.trim()) })
}

function addList(blocks: Block[], list: Tokens.List, place: Place, depth: number): void {
  list.items.forEach((item, index) => {
    const marker = item.task
      ? item.checked
        ? '☑'
        : '☐'
      : list.ordered
        ? `${String(Number(list.start) + index)}.`
        : '•'
    const inner = { ...place, indent: place.indent + 1, marker }
    const before = blocks.length
    addBlocks(blocks, item.tokens, inner, depth + 1)
    if (blocks.length === before) blocks.push({ ...inner, kind: 'paragraph', runs: [] })
  })
}

/** A paragraph, cut where an image stands in it. */
function addParagraph(blocks: Block[], tokens: readonly Token[], place: Place): void {
  let at = place
  let runs: Run[] = []
  const flush = (): void => {
    if (runs.some((run) => run.text.trim() !== '')) {
      blocks.push({ ...at, kind: 'paragraph', runs })
      at = { ...place, marker: '' }
    }
    runs = []
  }
  for (const token of tokens) {
    if (token.type === 'image' && SAFE_IMAGE.test((token as Tokens.Image).href)) {
      flush()
      blocks.push({
        ...at,
        kind: 'image',
        src: (token as Tokens.Image).href,
        alt: (token as Tokens.Image).text,
      })
    } else {
      runs.push(...readRuns([token]))
    }
  }
  flush()
}

function readTable(table: Tokens.Table): Run[][][] {
  const header = table.header.map((cell) => readRuns(cell.tokens, { bold: true }))
  return [header, ...table.rows.map((row) => row.map((cell) => readRuns(cell.tokens)))]
}

function readRuns(tokens: readonly Token[], style: Style = {}, depth = 0): Run[] {
  return (tokens as readonly MarkedToken[]).flatMap((token) => readRun(token, style, depth))
}

function readRun(token: MarkedToken, style: Style, depth: number): Run[] {
  const inner = (tokens: readonly Token[], more: Style = {}): Run[] =>
    depth < MAX_DEPTH
      ? readRuns(tokens, { ...style, ...more }, depth + 1)
      : [{ ...style, ...more, text: token.raw }]
  switch (token.type) {
    case 'strong':
      return inner(token.tokens, { bold: true })
    case 'em':
      return inner(token.tokens, { italic: true })
    case 'del':
      return inner(token.tokens, { strike: true })
    case 'link':
      return inner(token.tokens, isSafeLink(token.href) ? { link: token.href } : {})
    case 'codespan':
      return [{ ...style, code: true, text: token.text }]
    case 'br':
      return [{ ...style, text: '\n' }]
    case 'image':
      return [{ ...style, text: token.text }]
    case 'escape':
      return [{ ...style, text: token.text }]
    case 'text':
      return token.tokens ? inner(token.tokens) : [{ ...style, text: decodeEntities(token.text) }]
    case 'checkbox':
      return []
    default:
      return [{ ...style, text: token.raw }]
  }
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
}

/** The few entities that people write in markdown; the result is shown as text, so decoding is harmless. */
function decodeEntities(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos|nbsp);/g, (all, name: string) => ENTITIES[name] ?? all)
}
