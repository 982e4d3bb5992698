import { computed, onUnmounted, ref, shallowRef, watch, type Ref } from 'vue'
import type { Message } from '@herald/protocol'
import type { MessageFilter } from '../../services/inbox/message-list'
import { useHerald } from '../composables'
import { countAbove, layoutRows, ROW_HEIGHT } from './list-layout'

/** The list is drawn anew each time the page has scrolled by this much, and with as much more above and below. */
const BAND_PX = ROW_HEIGHT * 4

/** A list that changes again within this time is flooded: only what is on the screen is drawn until it rests. */
const REST_MS = 250

const AWAY_FROM_TOP_PX = 120
const SEARCH_DELAY_MS = 200

/** What a list is looked for with. */
export interface ListChoice {
  readonly show: 'all' | 'unread'
  readonly feed: string | null
  readonly search: string
}

/** What scrolls a list. Reactive: each list has its own, or that of the page that it is in. */
export interface ListScroll {
  readonly top: number
  /** How often the end was reached. */
  readonly bottoms: number
  /** How far below the top of what scrolls the list begins, about; what is drawn beyond the screen makes up for the rest. */
  readonly listTop: number
}

/** The lists that somebody reads below their top, or has narrowed: while there is one, all rows are kept. */
const reading = new Set<object>()

/** What a list shows, which part of it is drawn, and how it grows downwards and upwards. */
export function useInboxList(choice: ListChoice, scroll: ListScroll, scrollUp: () => void) {
  const herald = useHerald()
  const search = useDelayed(() => choice.search, SEARCH_DELAY_MS)
  const filter = computed<MessageFilter>(() => ({
    unreadOnly: choice.show === 'unread',
    feed: choice.feed,
    search: search.value,
  }))
  const unread = computed(() =>
    choice.feed === null ? herald.unread.value : herald.messages.unreadOf(choice.feed),
  )

  const found = computed(() => herald.messages.list(filter.value))
  const { held, band, windowHeight, toTop } = useScroll(scroll, scrollUp, () => found.value[0] ?? null)
  const newer = computed(() => countAbove(found.value, held.value))
  const layout = computed(() => layoutRows(newer.value === 0 ? found.value : found.value.slice(newer.value)))
  const flooded = useFlooded(found)
  const part = computed(() => {
    const top = band.value * BAND_PX - scroll.listTop
    const onScreen = top + windowHeight.value
    if (flooded.value && scroll.top === 0) return { from: top, to: onScreen }
    return { from: top - BAND_PX, to: onScreen + BAND_PX * 2 }
  })

  useReading(() => held.value !== null || isNarrow(filter.value))

  const { older, loadMore } = useOlder({
    filter,
    bottoms: () => scroll.bottoms,
    isShort: () =>
      layout.value.height < part.value.to && (!filter.value.unreadOnly || found.value.length < unread.value),
  })
  watch(filter, toTop)

  return { filter, unread, found, newer, layout, part, older, loadMore, toTop }
}

const isNarrow = ({ unreadOnly, feed, search }: MessageFilter): boolean =>
  unreadOnly || feed !== null || search !== ''

/** Tells whether this list needs all rows, for as long as its component is there. */
export function useReading(readsBelow: () => boolean): void {
  const { messages } = useHerald()
  const self = {}
  const tell = (reads: boolean): void => {
    if (reads) reading.add(self)
    else reading.delete(self)
    messages.setReading(reading.size > 0)
  }
  watch(readsBelow, tell, { immediate: true })
  onUnmounted(() => {
    tell(false)
  })
}

interface Older {
  readonly filter: Ref<MessageFilter>
  readonly bottoms: () => number
  /** Whether what is found does not fill the screen. */
  readonly isShort: () => boolean
}

/** How the list grows downwards: at its end, and by itself while it is short. */
function useOlder({ filter, bottoms, isShort }: Older) {
  const herald = useHerald()
  const searches = (): boolean => filter.value.search !== ''
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
  watch(bottoms, () => {
    if (!searches() && inbox.value.history.error === null) void loadMore()
  })
  return { older, loadMore }
}

/** Where the list is scrolled to, and the row that was on top when it left the top: rows above that one wait. */
function useScroll(scroll: ListScroll, scrollUp: () => void, topRow: () => Message | null) {
  const held = shallowRef<Message | null>(null)
  const band = ref(0)
  const windowHeight = ref(uni.getWindowInfo().windowHeight)

  watch(
    () => scroll.top,
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
    scrollUp()
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
