// H5: the code that the first list does not need, in one chunk. Whatever can raise a banner comes with what draws it:
// a network that stalls after the start can keep none of them back.
import { createApp } from 'vue'
import { createStore } from 'vuex'
import { start as startClient } from '@/sdk/client-code'
import { giveChats } from '@/sdk/give-chats'
import { giveWorker } from '@/sdk/give-worker'
import type { Herald } from '@/sdk/types'
import { adoptStore } from '@/sdk/vuex'
import BannerHost from './banner-host.vue'

/** Called once, after the first list: from here on every change is a commit, and banner and dialogs can be drawn. */
export function start(herald: Herald): void {
  adoptStore(createStore({}), 'herald', herald)
  giveChats(herald)
  giveWorker(herald)
  startClient(herald)
  mountBannerHost(herald)
}

/**
 * Draws the banner and the dialogs of H5 beside uni's own app: App.vue draws nothing, and a page's elements would
 * go with the page. A dialog that was asked for before is drawn then.
 */
function mountBannerHost(herald: Herald): void {
  const element = document.createElement('div')
  element.id = `${herald.namespace}-overlay`
  document.body.append(element)
  createApp(BannerHost).use(herald).mount(element)
}
