import { createApp } from 'vue'
import HeraldBanner from './components/herald-banner/herald-banner.vue'
import type { Herald } from './types'

/** H5: draws the banner over all pages, beside uni's own app, which draws nothing around its pages. */
export function mountOverlay(herald: Herald): void {
  const element = document.createElement('div')
  element.id = `${herald.namespace}-overlay`
  // Readers say what comes into such a region, and not one that comes with its words.
  element.setAttribute('role', 'status')
  element.setAttribute('aria-live', 'polite')
  document.body.append(element)
  createApp(HeraldBanner).use(herald).mount(element)
}
