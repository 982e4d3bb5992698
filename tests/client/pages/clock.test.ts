import { createRenderer, nextTick, ref, type Ref } from 'vue'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useNow } from '@/pages/shell/clock'
import { clearHooks, fireHook } from '../uni-app-stub'

const { createApp } = createRenderer<object, object>({
  ...{ patchProp: () => undefined, insert: () => undefined, remove: () => undefined },
  ...{ createElement: () => ({}), createText: () => ({}), createComment: () => ({}) },
  ...{ setText: () => undefined, setElementText: () => undefined },
  ...{ parentNode: () => null, nextSibling: () => null },
})

/** A page with the clock. */
function open(stepMs: Parameters<typeof useNow>[0]): { now: Ref<number>; close: () => void } {
  const made: Ref<number>[] = []
  const app = createApp({
    setup() {
      made.push(useNow(stepMs))
      return () => null
    },
  })
  app.mount({})
  const [now] = made
  if (now === undefined) throw new Error('the page has no clock')
  return { now, close: () => app.unmount() }
}

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => {
  vi.useRealTimers()
  clearHooks()
})

describe('the clock of a page', () => {
  it('moves while the page is shown, is right at once when it is shown again, and wakes nobody meanwhile', () => {
    const { now, close } = open(1000)
    fireHook('onShow')
    vi.advanceTimersByTime(2_500)
    expect(now.value).toBe(1_002_000)
    fireHook('onHide')
    expect(vi.getTimerCount()).toBe(0)
    vi.advanceTimersByTime(10_000)
    expect(now.value).toBe(1_002_000)
    fireHook('onShow')
    expect(now.value).toBe(1_012_500)
    close()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stands, without a timer, while nothing on the page tells the time', async () => {
    const step = ref<number | null>(null)
    const { now } = open(step)
    fireHook('onShow')
    expect(vi.getTimerCount()).toBe(0)

    vi.advanceTimersByTime(60_000)
    step.value = 1000
    await nextTick()
    expect(now.value).toBe(1_060_000)
    vi.advanceTimersByTime(3_000)
    expect(now.value).toBe(1_063_000)

    step.value = null
    await nextTick()
    expect(vi.getTimerCount()).toBe(0)
    fireHook('onHide')
    step.value = 1000
    await nextTick()
    expect(vi.getTimerCount()).toBe(0)
  })
})
