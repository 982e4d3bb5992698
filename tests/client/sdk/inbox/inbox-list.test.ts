import { createRenderer, nextTick, reactive } from 'vue'
import { afterEach, expect, it, vi } from 'vitest'
import { useInboxList, type ListChoice } from '@/sdk/inbox/inbox-list'
import { ownScroll } from '@/sdk/inbox/scrolling'
import { signedInStage } from '../stage'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Components without a screen. */
const { createApp } = createRenderer<object, object>({
  createElement: () => ({}),
  createText: () => ({}),
  createComment: () => ({}),
  insert: () => undefined,
  remove: () => undefined,
  setText: () => undefined,
  setElementText: () => undefined,
  parentNode: () => null,
  nextSibling: () => null,
  patchProp: () => undefined,
})

it('keeps all rows for as long as one of several lists needs them', async () => {
  vi.stubGlobal('uni', {
    getLocale: () => 'en',
    getWindowInfo: () => ({ windowHeight: 700 }),
    onWindowResize: () => undefined,
    offWindowResize: () => undefined,
  })
  const { herald } = await signedInStage()
  const told = vi.spyOn(herald.messages, 'setReading')
  const show = (choice: ListChoice) => {
    const { scroll, scrollUp } = ownScroll()
    const app = createApp({
      setup() {
        useInboxList(choice, scroll, scrollUp)
        return () => null
      },
    })
    app.use(herald as never)
    app.mount({})
    return app
  }
  const narrow = reactive<{ show: 'all' | 'unread'; feed: string | null; search: string }>({
    show: 'unread',
    feed: null,
    search: '',
  })
  const one = show(narrow)
  const two = show({ show: 'all', feed: null, search: '' })
  expect(told).toHaveBeenLastCalledWith(true)
  two.unmount()
  expect(told).toHaveBeenLastCalledWith(true)
  narrow.show = 'all'
  await nextTick()
  expect(told).toHaveBeenLastCalledWith(false)
  one.unmount()
})

it('scrolls up to its top again after it was scrolled there before', async () => {
  const { scroll, scrollUp, view } = ownScroll()
  const places: number[] = []
  for (const scrollTop of [800, 400]) {
    view.moved({ detail: { scrollTop } })
    expect(scroll.top).toBe(scrollTop)
    scrollUp()
    places.push(view.top.value)
    await nextTick()
    places.push(view.top.value)
  }
  expect([places, scroll.top]).toEqual([[800, 0, 400, 0], 0])
  view.moved({ detail: { scrollTop: -20 } })
  expect(scroll.top).toBe(0)
})
