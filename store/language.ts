import { watch } from 'vue'
import { setLanguage } from '../locale'
import type { HeraldState } from './state'

const followed = new WeakSet<HeraldState>()

/** Makes the app speak the language of its settings, from now on and after each change of them. */
export function followLanguage(state: HeraldState): void {
  if (followed.has(state)) return
  followed.add(state)
  watch(() => state.settings.language, setLanguage, { immediate: true })
}
