import { describe, expect, it } from 'vitest'
import { placeOf, readQuery } from '@/pages/shell/route-query'

describe('the place of an address', () => {
  const message = '#/pages/message/message'

  it('is the same for two addresses of one page that nobody opened through uni', () => {
    expect(placeOf(`${message}?id=b`, null)).toBe(placeOf(`${message}?id=a`, null))
    expect(placeOf(`${message}?id=b`, { position: 3 })).toBe(placeOf(message, { __id__: 1 }))
  })

  it('is another for each page that uni opened, and for each path', () => {
    expect(placeOf(message, { __id__: 2 })).not.toBe(placeOf(message, { __id__: 3 }))
    expect(placeOf('#/pages/sign-in/sign-in?code=a', null)).not.toBe(placeOf(message, null))
  })
})

describe('the parameters of an address', () => {
  it('are decoded, and none where there are none', () => {
    expect(readQuery('#/pages/message/message?id=a%20b&x=')).toEqual({ id: 'a b', x: '' })
    expect(readQuery('#/pages/message/message')).toEqual({})
  })
})
