import { createApp } from 'vue'
import { store } from '@/store'
import BannerHost from './banner-host.vue'

/**
 * Draws the banner and the dialogs of H5 beside uni's own app: App.vue draws nothing, and a page's elements would
 * go with the page. Called once, after the first list; a dialog that was asked for before is drawn then.
 */
export function mountBannerHost(): void {
  const element = document.createElement('div')
  element.id = 'herald-overlay'
  document.body.append(element)
  createApp(BannerHost).use(store).mount(element)
}
