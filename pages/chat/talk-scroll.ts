import { nextTick, ref, watch } from 'vue'

/** So near to the top what lies before is loaded, px. */
const NEAR_TOP_PX = 300

/** Whoever is so near to the end follows what is said, px. */
const NEAR_END_PX = 160

interface TalkScroll {
  /** What the page shows last; it changes when something is said. */
  readonly last: () => { readonly key: string; readonly isOwn: boolean } | undefined
  /** Whether older lines can be loaded now. */
  readonly canLoad: () => boolean
  /** Loads older lines. Answers whether there may be more. */
  readonly load: () => Promise<boolean>
}

interface Place {
  readonly top: number
  readonly height: number
}

/** How a conversation scrolls: it begins at its end, follows what is said, and grows upwards without moving what is read. */
export function useTalkScroll({ last, canLoad, load }: TalkScroll) {
  const { windowHeight } = uni.getWindowInfo()
  /** As the page was when it was scrolled or drawn last. */
  let place: Place = { top: 0, height: 0 }
  let begun = false
  const loading = ref(false)

  watch(
    () => last()?.key,
    async () => {
      const isAtEnd = place.top + windowHeight > place.height - NEAR_END_PX
      await nextTick()
      if (!begun || isAtEnd || last()?.isOwn) scrollTo(1_000_000)
      begun = true
      // #ifdef H5
      await fill()
      // #endif
    },
    { immediate: true },
  )

  // #ifdef H5
  /** A page that does not fill its window cannot be scrolled: more of it comes by itself. */
  async function fill(): Promise<void> {
    place = measure()
    while (canLoad() && !loading.value && place.height <= windowHeight + 1 && (await loadOlder())) continue
  }
  // #endif

  /** Answers whether there may be more. */
  async function loadOlder(): Promise<boolean> {
    if (loading.value) return false
    loading.value = true
    try {
      return await grow(load)
    } finally {
      loading.value = false
    }
  }

  async function grow(load: () => Promise<boolean>): Promise<boolean> {
    let isMore: boolean
    // #ifdef H5
    const before = measure()
    isMore = await load()
    await nextTick()
    place = measure()
    // What was read stays where it was.
    if (place.height > before.height) scrollTo(place.top + place.height - before.height)
    // #endif
    // #ifndef H5
    isMore = await load()
    // #endif
    return isMore
  }

  /** The page was scrolled to there. Off H5 nothing tells how tall it is, and older lines come by the button alone. */
  async function scrolled(top: number): Promise<void> {
    place = { top, height: Math.max(place.height, top + windowHeight) }
    // #ifdef H5
    if (top < NEAR_TOP_PX && begun && canLoad()) await loadOlder()
    // #endif
  }

  return { loading, loadOlder, scrolled }
}

const scrollTo = (scrollTop: number): void => void uni.pageScrollTo({ scrollTop, duration: 0 })

// #ifdef H5
/** How far the page is scrolled, and how tall it is, px. uni's own query would bring canvas, map and video with it. */
function measure(): Place {
  const { scrollTop, scrollHeight } = document.documentElement
  return { top: scrollTop, height: scrollHeight }
}
// #endif
