import type { Message } from '@herald/protocol'
import { inboxText as t } from '@/locale/inbox'
import { useHerald } from '@/sdk/composables'
import { choose, confirm, say, type Choice } from '../shell/overlay'
import { copyText } from '../shell/open-link'

type Deed = 'read' | 'copy' | 'delete'

/** The menu of a row: everything that a swipe can do, for those who do not swipe. */
export async function askAboutMessage(message: Message, unread: boolean): Promise<void> {
  const choices: Choice<Deed>[] = [
    { key: 'copy', text: t('message.copy') },
    { key: 'delete', text: t('message.delete'), danger: true },
  ]
  if (unread) choices.unshift({ key: 'read', text: t('inbox.markRead') })
  const title = (message.title ?? '') === '' ? t('page.message') : (message.title ?? '')
  const deed = await choose(title, choices, t('cancel'))
  if (deed === 'read') await useHerald().messages.read(message)
  if (deed === 'copy') copyText([message.title, message.body].filter(Boolean).join('\n\n'), t('copy.done'))
  if (deed === 'delete') await removeMessage(message)
}

/** Deletes a message from this device; other devices keep it. */
export async function removeMessage(message: Message): Promise<void> {
  await useHerald().messages.hide([message.id])
  say(t('message.deleted'))
}

/** Marks all as read; asks first when it is more than a screenful, since there is no way back. */
export async function askToReadAll(feed: string | null, unread: number): Promise<void> {
  const ASK_ABOVE = 5
  const sure =
    unread <= ASK_ABOVE ||
    (await confirm({
      title: t('inbox.readAllTitle', { count: unread }),
      text: t('inbox.readAllText'),
      confirm: t('inbox.readAll'),
      cancel: t('cancel'),
    }))
  if (sure) await useHerald().messages.readAll(feed)
}
