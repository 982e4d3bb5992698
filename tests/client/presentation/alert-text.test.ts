import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertText, feedName } from '@/locale/alert-text'
import { badgeText } from '@/services/presentation/badges'
import { summarise } from '@/services/presentation/flood'
import { plainText, shorten } from '@/locale/plain-text'
import { alertOf, message, t } from './fixtures'

describe('the words of an alert', () => {
  it('are title and body', () => {
    expect(alertText(alertOf(1, { title: ' Deploy \n done ', body: 'a\t b\r\n\n\n c ' }), true, t)).toEqual({
      title: 'Deploy\ndone',
      body: 'a b\nc',
    })
  })

  it.each(['\u0085', '\u2028', '\u2029', '\r'])('keep their lines, whatever breaks them: %j', (mark) => {
    for (const markdown of [false, true]) {
      const alert = alertOf(1, { title: `Deploy${mark}done`, body: `a${mark}${mark}b`, markdown })
      expect(alertText(alert, true, t)).toEqual({ title: 'Deploy\ndone', body: 'a\nb' })
    }
  })

  it('begin with the feed when there is no title', () => {
    expect(alertText(alertOf(1, { title: undefined }), true, t).title).toBe('builds')
    expect(alertText(alertOf(1, { title: '', feed: 'all' }), true, t).title).toBe('alert.feed.all')
  })

  it('say nothing of the message without preview', () => {
    const alert = alertOf(1, { title: 'secret', body: 'secret', feed: 'user:me' })
    expect(alertText(alert, false, t)).toEqual({ title: 'alert.feed.user', body: 'alert.hidden' })
  })

  it('show markdown as text', () => {
    expect(
      alertText(alertOf(1, { body: '# Hi\n**bold** [link](https://a.b)', markdown: true }), true, t).body,
    ).toBe('Hi\nbold link')
    expect(alertText(alertOf(1, { body: '**raw**' }), true, t).body).toBe('**raw**')
  })

  it.each(['[](https://a.b)', '****', '![](https://a.b/c.png)', '---', '**\u200b**'])(
    'are never blank: %s shows nothing',
    (body) => {
      const text = (title?: string) => alertText(alertOf(1, { title, body, markdown: true }), true, t)
      expect(text()).toEqual({ title: 'builds', body: 'alert.blank' })
      expect(text('Title').title).toBe('Title')
      expect(text('\u200b')).toEqual({ title: 'builds', body: 'alert.blank' })
    },
  )

  it('say a line that markdown takes for a definition', () => {
    const { body } = alertText(alertOf(1, { body: '[WARN]: restarted', markdown: true }), true, t)
    expect(body).toBe('WARN: restarted')
  })

  it('count a summary and name at most three feeds', () => {
    const feeds = ['all', 'user:me', 'topic:a', 'topic:b', 'topic:c']
    const many = summarise([message(0), ...feeds.map((feed, at) => message(at + 1, { feed }))])
    expect(alertText(many, true, t)).toEqual({
      title: 'alert.summary.title count=6',
      body: 'alert.summary.more feeds=calert.summary.separatorbalert.summary.separatora count=3',
    })
    expect(alertText(summarise([message(1)]), false, t).body).toBe('builds')
  })

  it('name a feed', () => {
    expect(['all', 'user:me', 'topic:x.y'].map((feed) => feedName(feed, t))).toEqual([
      'alert.feed.all',
      'alert.feed.user',
      'x.y',
    ])
  })
})

describe('markdown as text', () => {
  it.each([
    ['## Title', 'Title'],
    ['a **b** __c__ ~~d~~ `e`', 'a b c d e'],
    ['a *b* _c_ snake_case_name 2*3*4', 'a b c snake_case_name 2*3*4'],
    ['![alt](https://a.b/c.png) and [text](https://a.b)', 'alt and text'],
    ['- one\n* two\n  + three\n- [x] done', '• one\n• two\n  • three\n• done'],
    ['> quoted', 'quoted'],
    ['| a | b |\n| --- | ---: |\n| 1 | 2 |', 'a · b\n\n1 · 2'],
    ['```js\ncode()\n```', '\ncode()\n'],
    ['a\n---\nb', 'a\n\nb'],
    ['\\*not bold\\*', '*not bold*'],
    ['<b>left alone</b>', '<b>left alone</b>'],
    ['# one\u2028- two\u2029> three\u0085four', 'one\n• two\nthree\nfour'],
  ])('%j is %j', (markdown, text) => {
    expect(plainText(markdown)).toBe(text)
  })

  it.each([
    'https://example.com/a_b_c/_d_',
    'https://example.com/*/x*y*z',
    'https://example.com/__init__.py?q=~~x~~',
    'https://example.com/a**b**c#_d',
  ])('keeps an address whole, with what looks like marks in it: %s', (address) => {
    expect(plainText(address)).toBe(address)
    expect(plainText(`_see_ ${address} and **${address}**, then \`x_y\``)).toBe(
      `see ${address} and ${address}, then x_y`,
    )
    expect(plainText(`<${address}> _or_ [${address}](https://example.org)`)).toBe(`${address} or ${address}`)
    expect(alertText(alertOf(1, { body: address, markdown: true }), true, t).body).toBe(address)
  })

  it.each(['*', '_', '[', '`', '**a', '> ', '![](', '- ', '# ', '~~', ' ', '_*'])(
    'takes no more than its share longer for hostile input: %j',
    (unit) => {
      const timeOf = (count: number): number => {
        const text = unit.repeat(count)
        const start = performance.now()
        plainText(text)
        return performance.now() - start
      }
      // The fastest of some runs is the one that nothing else on the machine held up.
      const best = (count: number): number => Math.min(...Array.from({ length: 7 }, () => timeOf(count)))
      // Sixteen times the text: by the square of its length it would take 256 times as long.
      expect(best(32_000) / best(2_000)).toBeLessThan(64)
    },
  )
})

describe('shortening', () => {
  it('keeps within the limit and never cuts a character in two', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const short = shorten(text, limit)
        expect(short.length).toBeLessThanOrEqual(Math.max(limit, 1))
        expect(short).not.toMatch(/\p{Surrogate}/u)
        if (text.length <= limit) expect(short).toBe(text)
      }),
    )
  })
})

it.each([
  [1, '1'],
  [99, '99'],
  [100, '99+'],
])('a badge of %i reads %s', (unread, text) => {
  expect(badgeText(unread)).toBe(text)
})
