// H5: the code that the first list does not need, in one chunk. Whatever can raise a banner comes with what draws it:
// a network that stalls after the start can keep none of them back.
import { createApp } from 'vue'
import { store } from '@/store'
import BannerHost from './banner-host.vue'

export { startHerald } from '@/store/start'

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
