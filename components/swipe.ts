/** Where a horizontal swipe over a row or a banner stands. Pure, so that touch and mouse share it and tests need neither. */
export interface Swipe {
  readonly phase: 'idle' | 'undecided' | 'sideways' | 'scrolling'
  readonly startX: number
  readonly startY: number
  /** How far the content is moved, in px; negative to the left. */
  readonly offset: number
  /** Where the content rested when the swipe began. */
  readonly rest: number
}

export const IDLE_SWIPE: Swipe = { phase: 'idle', startX: 0, startY: 0, offset: 0, rest: 0 }

/** Movement below this is a tap with an unsteady finger. */
const SLOP_PX = 10

/** A swipe that ends further out than this is meant. */
export const SWIPE_COMMIT_PX = 72

export function beginSwipe(swipe: Swipe, x: number, y: number): Swipe {
  return { phase: 'undecided', startX: x, startY: y, offset: swipe.offset, rest: swipe.offset }
}

/** The pointer moved. The first movement past the slop decides whether this is a swipe or the page's scroll. */
export function moveSwipe(swipe: Swipe, x: number, y: number): Swipe {
  if (swipe.phase === 'idle' || swipe.phase === 'scrolling') return swipe
  const dx = x - swipe.startX
  const dy = y - swipe.startY
  if (swipe.phase === 'undecided') {
    if (Math.max(Math.abs(dx), Math.abs(dy)) < SLOP_PX) return swipe
    if (Math.abs(dy) >= Math.abs(dx)) return { ...swipe, phase: 'scrolling' }
  }
  return { ...swipe, phase: 'sideways', offset: swipe.rest + dx }
}

/** The pointer was lifted: which way the swipe went, if it was one. */
export function endSwipe(swipe: Swipe): 'left' | 'right' | 'none' {
  if (swipe.phase !== 'sideways') return 'none'
  if (swipe.offset <= -SWIPE_COMMIT_PX) return 'left'
  return swipe.offset >= SWIPE_COMMIT_PX ? 'right' : 'none'
}

/** The place of the finger or mouse in an event of either. */
export function pointOf(event: unknown): { x: number; y: number } {
  const source = event as {
    touches?: ArrayLike<PointLike>
    changedTouches?: ArrayLike<PointLike>
  } & PointLike
  const point = source.touches?.[0] ?? source.changedTouches?.[0] ?? source
  return { x: point.clientX ?? point.pageX ?? 0, y: point.clientY ?? point.pageY ?? 0 }
}

interface PointLike {
  clientX?: number
  clientY?: number
  pageX?: number
  pageY?: number
}
