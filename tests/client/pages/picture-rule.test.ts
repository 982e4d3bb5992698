import { describe, expect, it } from 'vitest'
import { pictureRule, type PictureRule } from '@/pages/message/picture-rule'

const SERVER = 'https://herald.example/app'

describe('a picture of a message', () => {
  it.each<[string, string, 'always' | 'ask' | 'never', PictureRule]>([
    ['waits for a tap when it lies elsewhere', 'https://cdn.example/a.png', 'ask', 'ask'],
    ['is fetched at once when the user said so', 'https://cdn.example/a.png', 'always', 'load'],
    ['of the own gateway is fetched at once', 'https://HERALD.example:443/a.png', 'ask', 'load'],
    [
      'over plain http is not fetched, whatever the user said',
      'http://cdn.example/a.png',
      'always',
      'insecure',
    ],
    [
      'of the own gateway over another scheme is not the own one',
      'http://herald.example/a.png',
      'ask',
      'insecure',
    ],
    ['on another port of the own host is not the own one', 'https://herald.example:8443/a.png', 'ask', 'ask'],
    ['whose host only begins like the own one waits', 'https://herald.example.evil.example/a', 'ask', 'ask'],
    ['whose user name looks like the own host waits', 'https://herald.example@evil.example/a', 'ask', 'ask'],
    ['with a backslash in its host waits', 'https://herald.example\\@evil.example/a', 'ask', 'ask'],
    ['is left out when pictures are off, the own one too', 'https://herald.example/a.png', 'never', 'off'],
  ])('%s', (_name, src, setting, rule) => {
    expect(pictureRule(src, SERVER, setting)).toBe(rule)
  })

  it('of a gateway that is used over plain http is fetched from there at once, and from nowhere else', () => {
    expect(pictureRule('http://192.168.1.2:8787/a.png', 'http://192.168.1.2:8787', 'ask')).toBe('load')
    expect(pictureRule('http://192.168.1.2:8788/a.png', 'http://192.168.1.2:8787', 'ask')).toBe('insecure')
  })

  it('is asked for while the gateway is not known', () => {
    expect(pictureRule('https://cdn.example/a.png', '', 'ask')).toBe('ask')
  })
})
