import { reactive } from 'vue'

/** What the inbox shows. Here and not in the page, since the feeds page sets it: a tab page takes no query. */
export const inboxFilter = reactive<{ show: 'all' | 'unread'; feed: string | null; search: string }>({
  show: 'all',
  feed: null,
  search: '',
})

/** Leaves every filter. */
export function showEverything(): void {
  Object.assign(inboxFilter, { show: 'all', feed: null, search: '' })
}

/** Opens the inbox with the messages of one feed. */
export function showFeed(feed: string): void {
  inboxFilter.feed = feed
  inboxFilter.show = 'all'
  inboxFilter.search = ''
  void uni.switchTab({ url: '/pages/inbox/inbox' })
}
