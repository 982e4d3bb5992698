import { onPageScroll, onPullDownRefresh, onReachBottom, onShow } from '@dcloudio/uni-app'
import { inject, provide, reactive, type InjectionKey } from 'vue'
import { useHerald } from './composables'

/** What a page tells the lists in it of its scrolling. */
export interface PageScroll {
  top: number
  bottoms: number
}

const PAGE_SCROLL: InjectionKey<PageScroll> = Symbol('herald.page')

/**
 * For a page that scrolls its `herald-inbox` itself (`page-mode`), and for a tab page that shows the unread count: scrolling,
 * the end of the page, pulling down, and the badge. To be called in the page's setup.
 */
export function useHeraldPage(): void {
  const herald = useHerald()
  const scroll = reactive<PageScroll>({ top: 0, bottoms: 0 })
  provide(PAGE_SCROLL, scroll)
  onPageScroll(({ scrollTop }) => {
    scroll.top = Math.max(0, scrollTop)
  })
  onReachBottom(() => {
    scroll.bottoms += 1
  })
  onPullDownRefresh(() => {
    void herald.messages
      .refresh()
      // The list stays as it was, and `herald-status` says what is wrong with the connection.
      .catch(() => undefined)
      .then(() => {
        uni.stopPullDownRefresh()
      })
  })
  onShow(() => {
    herald.applyBadge()
  })
}

/** How the page around a list scrolls. Throws where the page has not called `useHeraldPage`. */
export function usePageScroll(): PageScroll {
  const scroll = inject(PAGE_SCROLL, null)
  if (!scroll) throw new Error('page-mode needs useHeraldPage() in the setup of the page')
  return scroll
}
