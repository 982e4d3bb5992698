import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { monogramOf } from '@/components/monogram'
import {
  beginSwipe,
  endSwipe,
  IDLE_SWIPE,
  moveSwipe,
  pointOf,
  SWIPE_COMMIT_PX,
  type Swipe,
} from '@/components/swipe'

const drag = (...points: [x: number, y: number][]): Swipe =>
  points
    .slice(1)
    .reduce((swipe, [x, y]) => moveSwipe(swipe, x, y), beginSwipe(IDLE_SWIPE, ...(points[0] ?? [0, 0])))

describe('a swipe', () => {
  it('is a tap while the finger stays within the slop', () => {
    expect(drag([100, 100], [106, 94])).toMatchObject({ phase: 'undecided', offset: 0 })
  })

  it('is the page’s scroll when it begins up or down, and stays that', () => {
    const swipe = drag([100, 100], [102, 130], [300, 130])
    expect(swipe).toMatchObject({ phase: 'scrolling', offset: 0 })
    expect(endSwipe(swipe)).toBe('none')
  })

  it('follows the finger once it went sideways', () => {
    expect(drag([100, 100], [140, 104], [150, 190]).offset).toBe(50)
  })

  it.each([
    [SWIPE_COMMIT_PX, 'right'],
    [-SWIPE_COMMIT_PX, 'left'],
    [SWIPE_COMMIT_PX - 1, 'none'],
    [1 - SWIPE_COMMIT_PX, 'none'],
  ] as const)('that ends %d px away goes %s', (dx, way) => {
    expect(endSwipe(drag([200, 0], [200 + dx, 0]))).toBe(way)
  })

  it('goes on from where the content rests', () => {
    const open = { ...IDLE_SWIPE, offset: -88 }
    expect(moveSwipe(beginSwipe(open, 100, 0), 130, 0).offset).toBe(-58)
  })

  it('never counts a movement before the pointer is down', () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (x, y) => {
        expect(moveSwipe(IDLE_SWIPE, x, y)).toBe(IDLE_SWIPE)
      }),
    )
  })

  it('reads the point of a touch and of a mouse', () => {
    expect(pointOf({ touches: [{ clientX: 3, clientY: 4 }] })).toEqual({ x: 3, y: 4 })
    expect(pointOf({ touches: [{ pageX: 5, pageY: 6 }] })).toEqual({ x: 5, y: 6 })
    expect(pointOf({ clientX: 7, clientY: 8 })).toEqual({ x: 7, y: 8 })
  })
})

describe('a monogram', () => {
  it('is the first letter or digit, in capitals, in any script', () => {
    expect(monogramOf('ops').letter).toBe('O')
    expect(monogramOf('_9lives').letter).toBe('9')
    expect(monogramOf('全员').letter).toBe('全')
    expect(monogramOf('---').letter).toBe('#')
  })

  it('has one hue for one name', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        expect(monogramOf(name)).toEqual(monogramOf(name))
        expect(monogramOf(name).hue).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})
