import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { markdownBlocks } from '@/pages/message/markdown'
import { linkRuns, plainBlocks, saysNothing, type Block, type Run } from '@/pages/message/rich-text'

const runsOf = (block: Block): readonly Run[] =>
  block.kind === 'paragraph' || block.kind === 'heading'
    ? block.runs
    : block.kind === 'table'
      ? block.rows.flat(2)
      : []
const textOf = (blocks: readonly Block[]): string =>
  blocks
    .flatMap((block) => (block.kind === 'code' ? [block.text] : runsOf(block).map((run) => run.text)))
    .join('')
const linksOf = (blocks: readonly Block[]): string[] =>
  blocks.flatMap(runsOf).flatMap((run) => (run.link === undefined ? [] : [run.link]))

const KINDS = new Set(['paragraph', 'heading', 'code', 'rule', 'image', 'table'])
const BLOCK_KEYS = new Set([
  'kind',
  'indent',
  'quote',
  'marker',
  'runs',
  'level',
  'text',
  'src',
  'alt',
  'rows',
  'aligns',
])
const RUN_KEYS = new Set(['text', 'bold', 'italic', 'strike', 'code', 'link'])

/** Nothing but what rich-text.ts lists, and only links and images that may be opened. */
function expectAllowed(blocks: readonly Block[]): void {
  for (const block of blocks) {
    expect(KINDS.has(block.kind)).toBe(true)
    for (const key of Object.keys(block)) expect(BLOCK_KEYS.has(key), key).toBe(true)
    if (block.kind === 'table')
      for (const align of block.aligns) expect(['left', 'center', 'right']).toContain(align)
    if (block.kind === 'image') expect(block.src).toMatch(/^https?:\/\/[^\s<>"'()\\]+$/i)
    for (const run of runsOf(block)) {
      for (const key of Object.keys(run)) expect(RUN_KEYS.has(key), key).toBe(true)
      expect(typeof run.text).toBe('string')
      if (run.link !== undefined) expect(run.link).toMatch(/^(?:https?:\/\/|mailto:|tel:)[^\s<>"]+$/i)
    }
  }
}

const HOSTILE = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '[x](javascript:alert(1))',
  '[x](JaVaScRiPt:alert(1))',
  '[x](java\nscript:alert(1))',
  '[x](&#106;avascript:alert(1))',
  '[x](data:text/html;base64,PHNjcmlwdD4=)',
  '![x](data:image/svg+xml,<svg onload=alert(1)>)',
  '![x](http://example.com/pixel.png)',
  '![x](javascript:alert(1))',
  '<javascript:alert(1)>',
  '[x]: javascript:alert(1)\n\n[x]',
  '[![x](javascript:a)](javascript:b)',
  '**<svg/onload=alert(1)>**',
  '> - <iframe src=javascript:alert(1)>',
  '`<script>`',
  '| a | b |\n|---|---|\n| <script> | [x](vbscript:1) |',
  '<style>*{display:none}</style>',
  '<!-- --><script>',
  '\\<script>',
  'https://example.com/"onmouseover="alert(1)',
]

describe('markdown', () => {
  it.each(HOSTILE)('makes nothing of %j that could run or load', (text) => {
    expectAllowed(markdownBlocks(text))
    expect(linksOf(markdownBlocks(text)).every((link) => /^https?:/.test(link))).toBe(true)
  })

  it('stays within the allow-list whatever hostile pieces are put together', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ...HOSTILE,
        '> ',
        '- ',
        '1. ',
        '\n\n',
        '\n',
        '    ',
        '```\n',
        '**',
        '_',
        '~~',
        '[',
        '](',
        ')',
        '|',
        '# ',
      ),
      fc.string({ maxLength: 12 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        expectAllowed(markdownBlocks(pieces.join('')))
      }),
      { numRuns: 600 },
    )
  })

  it('shows raw HTML as the text that was written', () => {
    expect(textOf(markdownBlocks('a <b>bold</b> move'))).toBe('a <b>bold</b> move')
    expect(textOf(markdownBlocks('<div onclick="x()">hi</div>'))).toContain('<div onclick="x()">hi</div>')
  })

  it('survives nesting that goes on and on', () => {
    expectAllowed(markdownBlocks('> '.repeat(2000) + 'deep'))
    expectAllowed(markdownBlocks('*'.repeat(3000) + 'a' + '*'.repeat(3000)))
    expectAllowed(markdownBlocks('['.repeat(1500) + ']('.repeat(1500)))
  })

  it('keeps the styles of nested words', () => {
    expect(markdownBlocks('**bold _both_** `code` ~~gone~~')).toEqual([
      {
        kind: 'paragraph',
        indent: 0,
        quote: 0,
        marker: '',
        runs: [
          { bold: true, text: 'bold ' },
          { bold: true, italic: true, text: 'both' },
          { text: ' ' },
          { code: true, text: 'code' },
          { text: ' ' },
          { strike: true, text: 'gone' },
        ],
      },
    ])
  })

  it('flattens lists, numbered, nested and with boxes', () => {
    const blocks = markdownBlocks('3. three\n4. four\n   - in\n   - [x] done\n   - [ ] open')
    expect(blocks.map((block) => [block.indent, block.marker, textOf([block])])).toEqual([
      [1, '3.', 'three'],
      [1, '4.', 'four'],
      [2, '•', 'in'],
      [2, '☑', 'done'],
      [2, '☐', 'open'],
    ])
  })

  it('reads headings, code, quotes, rules and tables', () => {
    const blocks = markdownBlocks('# H\n\n> q\n\n---\n\n```sh\nls -l\n```\n\n|a|b|\n|-|-|\n|1|2|')
    expect(blocks.map((block) => block.kind)).toEqual(['heading', 'paragraph', 'rule', 'code', 'table'])
    expect(blocks[1]?.quote).toBe(1)
    expect(blocks[4]).toMatchObject({
      rows: [
        [[{ bold: true, text: 'a' }], [{ bold: true, text: 'b' }]],
        [[{ text: '1' }], [{ text: '2' }]],
      ],
    })
  })

  it('cuts a paragraph where an image stands, and shows others as their words', () => {
    const blocks = markdownBlocks(
      'before ![cat](https://example.com/cat.png) after ![dog](ftp://example.com/dog.png)',
    )
    expect(blocks.map((block) => block.kind)).toEqual(['paragraph', 'image', 'paragraph'])
    expect(blocks[1]).toMatchObject({ src: 'https://example.com/cat.png', alt: 'cat' })
    expect(textOf(blocks)).toContain('dog')
  })

  it.each([
    ['请看https://example.com/状态。谢谢', 'https://example.com/状态'],
    ['详情（https://example.com/a_b）见附件', 'https://example.com/a_b'],
    ['**https://example.com/x**，好的', 'https://example.com/x'],
    ['- 见https://example.com/1、其余明天', 'https://example.com/1'],
    ['| 地址 |\n| - |\n| https://example.com/t；备用 |', 'https://example.com/t'],
    ['“https://example.com/q”他说', 'https://example.com/q'],
    ['افتح https://example.com/حالة، ثم أكد', 'https://example.com/حالة'],
    ['هل رأيت https://example.com/a؟', 'https://example.com/a'],
  ])('ends the link in %j where the sentence goes on', (text, address) => {
    const blocks = markdownBlocks(text)
    expect(linksOf(blocks)).toEqual([address])
    expect(blocks.flatMap(runsOf).find((run) => run.link === address)?.text).toBe(address)
  })

  it('decodes the entities that people write', () => {
    expect(textOf(markdownBlocks('a &lt;b&gt; &amp; c'))).toBe('a <b> & c')
  })
})

describe('a line break', () => {
  it.each(['\n', '\r\n', '\r', '\u0085', '\u2028', '\u2029'])(
    'is %j, in markdown and in plain text',
    (mark) => {
      expect(textOf(markdownBlocks(`one${mark}two`))).toBe('one\ntwo')
      expect(textOf(plainBlocks(`one${mark}two`))).toBe('one\ntwo')
      const list = markdownBlocks(`- one${mark}- two${mark}${mark}# three`)
      expect(list.map((block) => [block.kind, block.marker, textOf([block])])).toEqual([
        ['paragraph', '•', 'one'],
        ['paragraph', '•', 'two'],
        ['heading', '', 'three'],
      ])
    },
  )

  it.each(['\u0085', '\u2028', '\u2029'])('ends an address, and is no part of it: %j', (mark) => {
    const text = `https://example.com/a${mark}b`
    expect(linksOf(plainBlocks(text))).toEqual(['https://example.com/a'])
    expect(linksOf(markdownBlocks(text))).toEqual(['https://example.com/a'])
  })
})

describe('plain text', () => {
  it('loses nothing, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(textOf(plainBlocks(text))).toBe(text)
        expectAllowed(plainBlocks(text))
      }),
    )
  })

  it.each([
    ['see https://example.com/a?b=1.', 'https://example.com/a?b=1'],
    ['(https://example.com/a)', 'https://example.com/a'],
    ['https://en.wikipedia.org/wiki/Herald_(office)', 'https://en.wikipedia.org/wiki/Herald_(office)'],
    ['请看https://example.com/状态。谢谢', 'https://example.com/状态'],
    ['"https://example.com"', 'https://example.com'],
    ['افتح https://example.com/حالة، ثم أكد', 'https://example.com/حالة'],
    ['देखें https://example.com/a।', 'https://example.com/a'],
  ])('finds the address in %j', (text, address) => {
    expect(linkRuns(text).flatMap((run) => (run.link === undefined ? [] : [run.link]))).toEqual([address])
  })

  it('makes no link of other schemes', () => {
    expect(
      linkRuns('javascript:alert(1) ftp://x data:text/html,1').every((run) => run.link === undefined),
    ).toBe(true)
  })
})

describe('markdown that shows nothing', () => {
  it.each([
    '[](https://a.b)',
    '[WARN]: restarted',
    '---',
    '- ',
    '> ',
    '```\n```',
    '![](ftp://a.b/c.png)',
    '&nbsp;',
  ])('is told from what shows something: %s', (text) => {
    expect(saysNothing(markdownBlocks(text))).toBe(true)
  })

  it.each(['a', '![](https://a.b/c.png)', '```\ncode\n```', '| a |\n| - |', '- [ ] a', '<b></b>'])(
    'is not this: %s',
    (text) => {
      expect(saysNothing(markdownBlocks(text))).toBe(false)
    },
  )
})
