import { onUnmounted, ref, watch, type Ref } from 'vue'
import { countsDown } from './connection-words'
import type { Herald } from './types'

const SECOND_MS = 1_000

/** The time, in ms since 1970, for words about the connection: it moves by the second while they count down, and else not at all. */
export function useTicking({ state }: Herald): Readonly<Ref<number>> {
  const now = ref(Date.now())
  let timer: ReturnType<typeof setInterval> | undefined
  const tick = (): void => {
    now.value = Date.now()
  }
  const stop = (): void => {
    clearInterval(timer)
  }
  watch(
    () => countsDown(state.connection),
    (counts) => {
      stop()
      tick()
      if (counts) timer = setInterval(tick, SECOND_MS)
    },
    { immediate: true },
  )
  onUnmounted(stop)
  return now
}
