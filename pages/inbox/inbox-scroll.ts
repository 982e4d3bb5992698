import { reactive } from 'vue'

/** What the inbox page hears of scrolling, for the list inside it: where it is, and how often it reached the end. */
export const inboxScroll = reactive({ top: 0, bottoms: 0 })
