import type { Message } from '@herald/protocol'
import { inboxText as t } from '../../locale/inbox'
import type { Herald } from '../types'

/** The menu of a row in a host's page, by the platform's own sheet: everything that a swipe can do, and copying. */
export function askAboutMessage(herald: Herald, message: Message): void {
  const deeds = [
    { text: t('inbox.markRead'), do: () => herald.messages.read(message) },
    { text: t('message.copy'), do: () => copy(message) },
    { text: t('message.delete'), do: () => herald.messages.hide([message.id]) },
  ].slice(herald.messages.isUnread(message) ? 0 : 1)
  uni.showActionSheet({
    itemList: deeds.map(({ text }) => text),
    success: ({ tapIndex }) => {
      void deeds[tapIndex]?.do()
    },
    // Nothing was chosen.
    fail: () => undefined,
  })
}

function copy({ title, body }: Message): Promise<void> {
  uni.setClipboardData({ data: [title, body].filter(Boolean).join('\n\n'), fail: () => undefined })
  return Promise.resolve()
}
