import { getCurrentInstance, onMounted, reactive, ref, watch, type Ref } from 'vue'
import { usePageScroll } from '../page'
import type { ListScroll } from './inbox-list'

/** What scrolls a list of the sdk. */
export interface Scrolling {
  readonly scroll: ListScroll
  readonly scrollUp: () => void
  /** For the list's own scroll view. */
  readonly view: {
    readonly top: Ref<number>
    readonly moved: (event: { readonly detail: { readonly scrollTop: number } }) => void
    readonly reachedEnd: () => void
  }
}

/** The list has a scroll view of its own, at whose top it begins. */
export function ownScroll(): Scrolling {
  const scroll = reactive({ top: 0, bottoms: 0, listTop: 0 })
  const top = ref(0)
  return {
    scroll,
    scrollUp() {
      // A scroll view goes where it is told only when it is told another place than before.
      top.value = scroll.top
      scroll.top = 0
      void Promise.resolve().then(() => (top.value = 0))
    },
    view: {
      top,
      moved({ detail }) {
        scroll.top = Math.max(0, detail.scrollTop)
      },
      reachedEnd() {
        scroll.bottoms += 1
      },
    },
  }
}

/**
 * The page scrolls the list, which begins wherever the host has put it. That place is measured by a selector of something
 * that stands right above the list: anew while the page scrolls, since what is above may have grown.
 */
export function pageScroll(selector: string, changed: () => unknown): Scrolling {
  const page = usePageScroll()
  const within = getCurrentInstance()?.proxy
  const scroll = reactive({ top: page.top, bottoms: page.bottoms, listTop: 0 })

  function measure(): void {
    uni
      .createSelectorQuery()
      .in(within)
      .select(selector)
      .boundingClientRect((place) => {
        // Null where the component has gone meanwhile, whatever the typings say.
        const { top } = (place as { readonly top?: number } | null) ?? {}
        if (top !== undefined) scroll.listTop = Math.max(0, top + page.top)
      })
      .exec()
  }

  onMounted(measure)
  watch(changed, measure, { flush: 'post' })
  watch(
    () => page.top,
    (top) => {
      scroll.top = top
      measure()
    },
    { flush: 'sync' },
  )
  watch(
    () => page.bottoms,
    (bottoms) => {
      scroll.bottoms = bottoms
    },
    { flush: 'sync' },
  )
  return {
    scroll,
    scrollUp() {
      void uni.pageScrollTo({ scrollTop: scroll.listTop, duration: 0 })
    },
    view: { top: ref(0), moved: () => undefined, reachedEnd: () => undefined },
  }
}
