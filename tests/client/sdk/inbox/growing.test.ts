import { effectScope, nextTick, ref } from 'vue'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { useGrowing } from '@/sdk/inbox/growing'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

it('makes many rows in several tasks, until all are there', () => {
  const made = effectScope().run(() => useGrowing(() => 10))
  const steps = [made?.value]
  while (vi.getTimerCount() > 0) {
    vi.runOnlyPendingTimers()
    steps.push(made?.value)
  }
  expect(steps).toEqual([4, 8, 12])
})

it('goes on when there are more, and makes none anew while rows take over from others', async () => {
  const wanted = ref(3)
  const made = effectScope().run(() => useGrowing(() => wanted.value))
  expect(vi.getTimerCount()).toBe(0)
  wanted.value = 7
  await nextTick()
  vi.runAllTimers()
  expect(made?.value).toBe(8)
  wanted.value = 6
  await nextTick()
  wanted.value = 8
  await nextTick()
  expect(vi.getTimerCount()).toBe(0)
})

it('makes no more once the list is gone', () => {
  const scope = effectScope()
  scope.run(() => useGrowing(() => 100))
  scope.stop()
  expect(vi.getTimerCount()).toBe(0)
})
