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
      place = await measure()
      void fill()
    },
    { immediate: true },
  )

  /** A page that does not fill its window cannot be scrolled: more of it comes by itself. */
  async function fill(): Promise<void> {
    while (canLoad() && !loading.value && place.height <= windowHeight + 1 && (await loadOlder())) continue
  }

  /** Answers whether there may be more. */
  async function loadOlder(): Promise<boolean> {
    if (loading.value) return false
    loading.value = true
    try {
      const before = await measure()
      const isMore = await load()
      await nextTick()
      place = await measure()
      // What was read stays where it was.
      if (place.height > before.height) scrollTo(place.top + place.height - before.height)
      return isMore
    } finally {
      loading.value = false
    }
  }

  /** The page was scrolled to there. */
  async function scrolled(top: number): Promise<void> {
    place = { ...place, top }
    if (top < NEAR_TOP_PX && begun && canLoad()) await loadOlder()
  }

  return { loading, loadOlder, scrolled }
}

const scrollTo = (scrollTop: number): void => void uni.pageScrollTo({ scrollTop, duration: 0 })

/** How far the page is scrolled, and how tall it is, px. */
function measure(): Promise<Place> {
  let measured: Promise<Place>
  // #ifdef H5
  // uni's own query would bring canvas, map and video with it.
  const { scrollTop, scrollHeight } = document.documentElement
  measured = Promise.resolve({ top: scrollTop, height: scrollHeight })
  // #endif
  // #ifndef H5
  measured = measureByQuery()
  // #endif
  return measured
}

// #ifndef H5
function measureByQuery(): Promise<Place> {
  return new Promise((resolve) => {
    uni
      .createSelectorQuery()
      .selectViewport()
      .scrollOffset((found) => {
        const { scrollTop = 0, scrollHeight = 0 } = found as { scrollTop?: number; scrollHeight?: number }
        resolve({ top: scrollTop, height: scrollHeight })
      })
      .exec()
  })
}
// #endif
