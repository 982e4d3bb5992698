import { setLanguage } from '../locale'
import { store } from './index'

let follows = false

/** Makes the app speak the language of its settings, from now on and after each change of them. */
export function followLanguage(): void {
  if (follows) return
  follows = true
  store.watch((state) => state.settings.language, setLanguage, { immediate: true })
}
