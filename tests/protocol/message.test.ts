import {
  describeIssue,
  FEED_NAME,
  FeedPatternSchema,
  HeraldError,
  MessageSchema,
  patternCovers,
  PublishBodySchema,
} from '@herald/protocol'
import { describe, expect, it } from 'vitest'
import * as v from 'valibot'

const isPublishable = (body: unknown): boolean => v.safeParse(PublishBodySchema, body).success

describe('what may be published', () => {
  it.each([
    ['a body alone', { body: 'x' }],
    ['a title alone', { title: 'x' }],
    [
      'everything',
      {
        title: 't',
        body: 'b',
        priority: 5,
        link: 'https://a.example/x',
        image: 'https://a.example/i.png',
        actions: [{ label: 'Open', link: 'tel:112' }],
        tags: ['disk'],
        markdown: true,
        data: { a: [1] },
        ttl: 60,
      },
    ],
  ])('takes %s', (_name, body) => {
    expect(isPublishable(body)).toBe(true)
  })

  it.each([
    ['nothing to show', {}],
    ['an empty body', { body: '' }],
    ['a misspelt field', { body: 'x', titel: 'y' }],
    ['a priority outside 1-5', { body: 'x', priority: 6 }],
    ['a priority that is no integer', { body: 'x', priority: 2.5 }],
    ['a link that runs script', { body: 'x', link: 'javascript:alert(1)' }],
    ['a link in disguise', { body: 'x', link: ' JaVaScRiPt:alert(1)' }],
    ['a data link', { body: 'x', link: 'data:text/html,x' }],
    ['a link with a line break', { body: 'x', link: 'https://a.example/\nx' }],
    ['an image that is no address', { body: 'x', image: 'file:///etc/passwd' }],
    ['an action that runs script', { body: 'x', actions: [{ label: 'a', link: 'javascript:1' }] }],
    [
      'four actions',
      { body: 'x', actions: Array.from({ length: 4 }, () => ({ label: 'a', link: 'https://a.example' })) },
    ],
    ['a title that is too long', { title: 'x'.repeat(251) }],
    ['a body that is too long', { body: 'x'.repeat(16_001) }],
    ['data that is too large', { body: 'x', data: { a: 'x'.repeat(5000) } }],
    ['a life of no time', { body: 'x', ttl: 0 }],
    ['a list', []],
  ])('refuses %s', (_name, body) => {
    expect(isPublishable(body)).toBe(false)
  })
})

/** Where a sender gives an address. */
const withAddress = (address: string): [place: string, body: object][] => [
  ['link', { link: address }],
  ['image', { image: address }],
  ['actions.0.link', { actions: [{ label: 'Open', link: address }] }],
]

describe('an address in a message', () => {
  const CLOSED = [
    'https://a\u202eb/',
    'https://%',
    'http://[::1',
    'https://a..%/',
    'https://x:99999/',
    'http://',
  ]

  it.each([...CLOSED, 'https://a.example/\u202egpj.exe'])(
    'that no browser opens is refused by its field: %j',
    (address) => {
      for (const [place, content] of withAddress(address)) {
        const parsed = v.safeParse(PublishBodySchema, { body: 'x', ...content })
        expect(parsed.issues?.map(describeIssue).at(0), place).toMatch(new RegExp(`^${place}: `))
      }
    },
  )

  it.each([
    'https://例え.example/路?q=1#x',
    'http://[::1]:8787/',
    'HTTP://A.EXAMPLE',
    'https://a.example/%zz',
  ])('that a browser opens is taken: %j', (address) => {
    for (const [, content] of withAddress(address))
      expect(isPublishable({ body: 'x', ...content })).toBe(true)
  })

  it('is read all the same in a message from before it was refused', () => {
    const message = { id: '11111111-2222-4333-8444-555555555555', feed: 'all', seq: 1, time: 0, body: 'x' }
    const old = { link: 'https://%', actions: [{ label: '\u202eOpen', link: 'http://[::1' }] }
    expect(v.safeParse(MessageSchema, { ...message, ...old }).success).toBe(true)
  })
})

describe('what stands on a button or a chip', () => {
  it.each(['\u202eSign out', 'a\u2066b', 'a\nb', 'a\u001b[2J', 'a\u2028b', ''])(
    'holds nothing that commands: %j',
    (text) => {
      expect(isPublishable({ body: 'x', actions: [{ label: text, link: 'https://a.example' }] })).toBe(false)
      expect(isPublishable({ body: 'x', tags: [text] })).toBe(false)
    },
  )

  it.each(['Öffnen', 'فتح\u200f', '👩\u200d💻'])('may be of any script: %j', (text) => {
    expect(
      isPublishable({ body: 'x', actions: [{ label: text, link: 'https://a.example' }], tags: [text] }),
    ).toBe(true)
  })
})

describe('feed names', () => {
  it.each(['all', 'user:ann', 'topic:ci.build_7-x', `topic:${'a'.repeat(64)}`])('take %s', (name) => {
    expect(FEED_NAME.test(name)).toBe(true)
  })

  it.each([
    '',
    'ALL',
    'user:',
    'topic:.x',
    'topic:a b',
    'topic:a/b',
    'topic:报警',
    'group:x',
    `topic:${'a'.repeat(65)}`,
    'all\n',
  ])('refuse %j', (name) => {
    expect(FEED_NAME.test(name)).toBe(false)
  })
})

describe('a publish right', () => {
  it.each([
    ['*', 'user:ann', true],
    ['topic:*', 'topic:ci', true],
    ['topic:*', 'user:ann', false],
    ['topic:ci-*', 'topic:ci-main', true],
    ['topic:ci-*', 'topic:cd', false],
    ['topic:ci', 'topic:ci-main', false],
    ['all', 'all', true],
  ])('of %s covers %s: %s', (pattern, feed, covers) => {
    expect(v.safeParse(FeedPatternSchema, pattern).success).toBe(true)
    expect(patternCovers(pattern, feed)).toBe(covers)
  })

  it.each(['', 'topic', 'group:*', '**', 'topic:*x'])('cannot be %j', (pattern) => {
    expect(v.safeParse(FeedPatternSchema, pattern).success).toBe(false)
  })
})

describe('an error of the catalogue', () => {
  it('knows its answer', () => {
    const error = new HeraldError('rate_limited')
    expect([error.status, error.retryable]).toEqual([429, true])
    expect(error.toBody()).toEqual({
      error: { code: 'rate_limited', message: error.message, retryable: true },
    })
  })
})
