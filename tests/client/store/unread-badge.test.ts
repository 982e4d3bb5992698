import { describe, expect, it } from 'vitest'
import { UnreadBadge } from '@/store/unread-badge'

function open() {
  const shown: number[] = []
  return { shown, badge: new UnreadBadge({ set: (unread) => shown.push(unread) }) }
}

describe('the count on the icon', () => {
  it('is left as it is until somebody knows it: on iOS a 0 would empty the tray', () => {
    const { shown, badge } = open()
    badge.unread(0)
    expect(shown).toEqual([])
    badge.live(0)
    expect(shown).toEqual([0])
  })

  it('is what storage had, and then what was read without a network', () => {
    const { shown, badge } = open()
    badge.unread(2)
    badge.unread(0)
    expect(shown).toEqual([2, 0])
  })

  it('is none at once for who signs out, and unknown for who comes next', () => {
    const { shown, badge } = open()
    badge.live(3)
    badge.signedOut()
    badge.unread(0)
    expect(shown).toEqual([3, 0])
  })
})
