import { computed, onUnmounted, reactive, ref, shallowRef, watch, type Ref } from 'vue'
import type { Message } from '@herald/protocol'
import { useHerald } from '@/sdk/composables'
import type { MessageFilter } from '@/sdk/state'
import { inboxFilter } from './inbox-filter'
import { countAbove, layoutRows, ROW_HEIGHT } from './list-layout'

/** The list is drawn anew each time the page has scrolled by this much, and with as much more above and below. */
const BAND_PX = ROW_HEIGHT * 4

/** About how far below the page's top the list begins; what is drawn beyond the screen makes up for the rest. */
const LIST_TOP_PX = 180

/** A list that changes again within this time is flooded: only what is on the screen is drawn until it rests. */
const REST_MS = 250

const AWAY_FROM_TOP_PX = 120
const SEARCH_DELAY_MS = 200

/** What the inbox page hears of scrolling, for the list inside it: where it is, and how often it reached the end. */
export const inboxScroll = reactive({ top: 0, bottoms: 0 })

/** What the inbox lists, which part of it is drawn, and how it grows downwards and upwards. */
export function useInboxList() {
  const herald = useHerald()
  const search = useDelayed(() => inboxFilter.search, SEARCH_DELAY_MS)
  const filter = computed<MessageFilter>(() => ({
    unreadOnly: inboxFilter.show === 'unread',
    feed: inboxFilter.feed,
    search: search.value,
  }))
  const unread = computed(() =>
    inboxFilter.feed === null ? herald.unread.value : herald.messages.unreadOf(inboxFilter.feed),
  )

  const found = computed(() => herald.messages.list(filter.value))
  const { held, band, windowHeight, toTop } = useScroll(() => found.value[0] ?? null)
  const newer = computed(() => countAbove(found.value, held.value))
  const layout = computed(() => layoutRows(newer.value === 0 ? found.value : found.value.slice(newer.value)))
  const flooded = useFlooded(found)
  const part = computed(() => {
    const top = band.value * BAND_PX - LIST_TOP_PX
    const onScreen = top + windowHeight.value
    if (flooded.value && inboxScroll.top === 0) return { from: top, to: onScreen }
    return { from: top - BAND_PX, to: onScreen + BAND_PX * 2 }
  })

  const readsBelow = computed(
    () =>
      held.value !== null ||
      filter.value.unreadOnly ||
      filter.value.feed !== null ||
      filter.value.search !== '',
  )
  watch(readsBelow, herald.messages.setReading, { immediate: true })
  onUnmounted(() => {
    herald.messages.setReading(false)
  })

  const { older, loadMore } = useOlder({
    filter,
    searches: () => search.value !== '',
    isShort: () =>
      layout.value.height < part.value.to && (!filter.value.unreadOnly || found.value.length < unread.value),
  })
  watch(filter, toTop)

  return { filter, unread, found, newer, layout, part, older, loadMore, toTop }
}

interface Older {
  readonly filter: Ref<MessageFilter>
  readonly searches: () => boolean
  /** Whether what is found does not fill the screen. */
  readonly isShort: () => boolean
}

/** How the list grows downwards: at its end, and by itself while it is short. */
function useOlder({ filter, searches, isShort }: Older) {
  const herald = useHerald()
  const inbox = computed(() => herald.state.notifications)
  const older = computed(() => herald.messages.hasOlder(filter.value))
  async function loadMore(): Promise<void> {
    if (older.value && !inbox.value.history.loading) await herald.messages.loadOlder(filter.value)
  }

  /** Short lists fill the screen by themselves; a search is not sent through the whole log unasked. */
  const wantsMore = computed(
    () =>
      older.value &&
      inbox.value.ready &&
      herald.state.session.status === 'signedIn' &&
      inbox.value.history.error === null &&
      !inbox.value.history.loading &&
      !searches() &&
      isShort(),
  )
  watch(
    wantsMore,
    (wanted) => {
      if (wanted) void loadMore()
    },
    { immediate: true },
  )
  watch(
    () => inboxScroll.bottoms,
    () => {
      if (!searches() && inbox.value.history.error === null) void loadMore()
    },
  )
  return { older, loadMore }
}

/** Where the page is scrolled to, and the row that was on top when it left the top: rows above that one wait. */
function useScroll(topRow: () => Message | null) {
  const held = shallowRef<Message | null>(null)
  const band = ref(0)
  const windowHeight = ref(uni.getWindowInfo().windowHeight)

  watch(
    () => inboxScroll.top,
    (top) => {
      band.value = Math.floor(top / BAND_PX)
      if (top < AWAY_FROM_TOP_PX) held.value = null
      else held.value ??= topRow()
    },
    { flush: 'sync' },
  )

  const measure = (): void => {
    windowHeight.value = uni.getWindowInfo().windowHeight
  }
  uni.onWindowResize(measure)
  onUnmounted(() => {
    uni.offWindowResize(measure)
  })

  function toTop(): void {
    held.value = null
    band.value = 0
    void uni.pageScrollTo({ scrollTop: 0, duration: 0 })
  }
  return { held, band, windowHeight, toTop }
}

/** Whether a list has only just come, or changes faster than anybody reads. */
function useFlooded(list: Ref<readonly Message[]>): Ref<boolean> {
  const flooded = ref(true)
  let timer: ReturnType<typeof setTimeout> | null = null
  const rest = (): void => {
    timer = null
    flooded.value = false
  }
  const begin = (): void => {
    if (timer !== null) {
      clearTimeout(timer)
      flooded.value = true
    }
    timer = setTimeout(rest, REST_MS)
  }
  watch(list, begin, { immediate: true })
  onUnmounted(() => {
    if (timer !== null) clearTimeout(timer)
  })
  return flooded
}

/** A value that follows another one after it has rested. */
function useDelayed(source: () => string, delayMs: number) {
  const delayed = ref(source())
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(source, (value) => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      delayed.value = value
    }, delayMs)
  })
  onUnmounted(() => {
    clearTimeout(timer)
  })
  return delayed
}
