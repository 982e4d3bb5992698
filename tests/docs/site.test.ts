import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawDiagram } from '../../docs/.vitepress/diagrams.mjs'
import { termsOf } from '../../docs/.vitepress/terms.mjs'
import { contentsOf, documents, INDEXES, onSite, pathOnSite } from '../../scripts/docs-pages.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const CHINESE = '.zh-CN.md'

const namedBy = (index: string): string[] =>
  contentsOf(index).flatMap(({ entries }) => entries.map(({ file }) => file))

/** The Chinese document of an English one, where there is one. */
const inChinese = (file: string): string => {
  const chinese = file.replace(/\.md$/, CHINESE)
  return existsSync(resolve(ROOT, chinese)) ? chinese : file
}

describe('the tables of contents', () => {
  const [english = '', chinese = ''] = INDEXES

  it('name every document of docs/ in their language', () => {
    const pages = documents().filter((file) => file.startsWith('docs/') && !INDEXES.includes(file))
    const missing = (index: string, isOfIt: (file: string) => boolean): string[] =>
      pages.filter((file) => isOfIt(file) && !namedBy(index).includes(file))
    expect(pages.length).toBeGreaterThan(25)
    expect(missing(english, (file) => !file.endsWith(CHINESE))).toEqual([])
    expect(missing(chinese, (file) => file.endsWith(CHINESE))).toEqual([])
  })

  it('have the same documents, each in Chinese where it is there in Chinese', () => {
    expect(contentsOf(chinese)).toHaveLength(contentsOf(english).length)
    const there = namedBy(chinese)
    expect(
      namedBy(english)
        .map(inChinese)
        .filter((file) => !there.includes(file)),
    ).toEqual([])
  })
})

describe('a page of the site', () => {
  it.each([
    ['docs/push/apns.md', 'push/apns.md'],
    ['docs/push/hms.zh-CN.md', 'zh/push/hms.md'],
    ['PROTOCOL.md', 'protocol.md'],
    ['tools/emulator/README.md', 'tools/emulator.md'],
  ])('of %s stands at %s', (file, path) => {
    expect(pathOnSite(file)).toBe(path)
  })

  it('links to pages where they are there, and keeps the words of a link to anything else', () => {
    const pages: Readonly<Record<string, string>> = {
      'docs/escalation.md': 'escalation.md',
      'PROTOCOL.md': 'protocol.md',
    }
    const pictures: string[] = []
    const text = [
      '[a](../escalation.md#why) [b](../../PROTOCOL.md) [`c`](../../protocol/push.ts) [d](https://d.example/)',
      '![e](../images/e.png)',
      '```md\n[f](../escalation.md)\n```',
    ].join('\n')
    const page = onSite(
      'docs/push/hms.zh-CN.md',
      text,
      (file) => pages[file],
      (picture) => pictures.push(picture),
    )
    expect(page.split('\n')).toEqual([
      '[a](../../escalation.md#why) [b](../../protocol.md) `c` [d](https://d.example/)',
      '![e](../../images/e.png)',
      '```md',
      '[f](../escalation.md)',
      '```',
    ])
    expect(pictures).toEqual(['docs/images/e.png'])
  })
})

describe('a diagram', () => {
  const text = readFileSync(resolve(ROOT, 'docs/architecture.md'), 'utf8')
  const diagrams = [...text.matchAll(/^```mermaid\n([\s\S]*?)^```/gm)].map(([, code = '']) => code)

  it('is drawn with each of its words, in colours of the page, and fetches nothing', () => {
    expect(diagrams).toHaveLength(3)
    for (const code of diagrams) {
      const svg = drawDiagram(code)
      const words = [...code.matchAll(/"([^"]+)"/g)].flatMap(([, label = '']) => label.split('<br>'))
      expect(words.filter((label) => !svg.includes(`>${label.replaceAll("'", '&#39;')}<`))).toEqual([])
      expect(svg).toMatch(/fill="var\(--_node-fill\)"/)
      expect(svg).not.toMatch(/<style|https?:\/\/(?!www\.w3\.org\/2000\/svg)|#[0-9a-f]{6}"/i)
    }
  })
})

describe('the search', () => {
  it('finds a Chinese word inside a sentence, which has no blanks', () => {
    const sentence = termsOf('推送服务（provider）拒绝了推送。')
    for (const word of ['推送', '服务', '拒绝', 'provider']) {
      expect(
        termsOf(word).every((term) => sentence.includes(term)),
        word,
      ).toBe(true)
    }
    expect(termsOf('频')).toEqual(['频'])
  })
})
