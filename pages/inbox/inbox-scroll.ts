import { reactive } from 'vue'

/** About how far below the page's top the list begins. */
const LIST_TOP_PX = 180

/** What the inbox page hears of scrolling, for the list inside it. */
export const inboxScroll = reactive({ top: 0, bottoms: 0, listTop: LIST_TOP_PX })

/** Scrolls the page to its top at once. */
export function scrollToTop(): void {
  void uni.pageScrollTo({ scrollTop: 0, duration: 0 })
}
