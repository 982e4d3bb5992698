import { onHide, onShow } from '@dcloudio/uni-app'
import { onUnmounted, ref, toValue, watch, type MaybeRefOrGetter, type Ref } from 'vue'

/**
 * The time, in ms since 1970, for a page: it moves every `stepMs` while the page is shown, and not at all while that is
 * null. Each step wakes a phone.
 */
export function useNow(stepMs: MaybeRefOrGetter<number | null>): Ref<number> {
  const now = ref(Date.now())
  let shown = false
  let timer: ReturnType<typeof setInterval> | undefined
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  const start = (): void => {
    stop()
    now.value = Date.now()
    const step = toValue(stepMs)
    if (step === null) return
    timer = setInterval(() => {
      now.value = Date.now()
    }, step)
  }
  watch(
    () => toValue(stepMs),
    () => {
      if (shown) start()
    },
  )
  onShow(() => {
    shown = true
    start()
  })
  onHide(() => {
    shown = false
    stop()
  })
  onUnmounted(stop)
  return now
}
