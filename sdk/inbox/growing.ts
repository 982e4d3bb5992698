import { onScopeDispose, readonly, ref, watch, type Ref } from 'vue'

/** So many rows are made in one task. A row that is made costs several times one that is given other words. */
const ROWS_PER_TASK = 4

/** How many of `wanted` rows may be there by now: a few at once, and a few more in each task that follows. */
export function useGrowing(wanted: () => number): Readonly<Ref<number>> {
  const made = ref(ROWS_PER_TASK)
  let timer: ReturnType<typeof setTimeout> | null = null
  const grow = (): void => {
    timer = null
    made.value += ROWS_PER_TASK
    if (made.value < wanted()) timer = setTimeout(grow)
  }
  watch(
    wanted,
    (count) => {
      if (made.value < count) timer ??= setTimeout(grow)
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    if (timer !== null) clearTimeout(timer)
  })
  return readonly(made)
}
