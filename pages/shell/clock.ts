import { onHide, onShow } from '@dcloudio/uni-app'
import { onUnmounted, ref, type Ref } from 'vue'

/** The time, in ms since 1970, for a page: it moves every `stepMs` while the page is shown. */
export function useNow(stepMs: number): Ref<number> {
  const now = ref(Date.now())
  let timer: ReturnType<typeof setInterval> | undefined
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  const start = (): void => {
    stop()
    now.value = Date.now()
    timer = setInterval(() => {
      now.value = Date.now()
    }, stepMs)
  }
  onShow(start)
  onHide(stop)
  onUnmounted(stop)
  return now
}
