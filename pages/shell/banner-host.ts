import { createApp, watch } from 'vue'
import { store } from '@/store'
import { dialog, toast } from './overlay'
import './theme.css'

/** By then the first page is there, and fetching the overlay keeps nobody waiting. */
const FETCH_AFTER_MS = 4000

/**
 * Draws the banner and the dialogs of H5 beside uni's own app: App.vue draws nothing, and a page's elements would
 * go with the page. Their code comes when the first of them is due, or a little after the start, so that it is
 * there when the network is not. Called once, by main.ts, on H5.
 */
export function mountBannerHost(): void {
  let mounting: Promise<void> | null = null
  const ensure = (): void => {
    mounting ??= mount().catch(() => {
      // Offline before the code came: a question nobody can see is answered with no, and the next one tries again.
      dialog.value?.answer(null)
      mounting = null
    })
  }
  watch([() => store.state.notifications.banner, dialog, toast], ensure)
  setTimeout(ensure, FETCH_AFTER_MS)
}

async function mount(): Promise<void> {
  const { default: BannerHost } = await import('./banner-host.vue')
  const element = document.createElement('div')
  element.id = 'herald-overlay'
  document.body.append(element)
  createApp(BannerHost).use(store).mount(element)
}
