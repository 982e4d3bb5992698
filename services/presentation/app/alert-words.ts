import { feedName, type AlertText } from '../../../locale/alert-text'
import type { Alert, Translate } from '../presentation'

/** The words of a notification, as `createPushMessage` takes them. */
interface AlertWords {
  readonly title: string
  readonly content: string
}

/** iOS shows the app's name for a title and has no other (5+ createMessage), so the title is the first line. */
export const iosWords = ({ title, body }: AlertText): { content: string } => ({
  content: body === '' ? title : `${title}\n${body}`,
})

/**
 * Android and HarmonyOS show one line of the content, and uni refuses an empty one ("content is required"): without a body the
 * message's title is the content, and its feed the title.
 */
export function androidWords(alert: Alert, { title, body }: AlertText, t: Translate): AlertWords {
  if (body !== '') return { title, content: body.replace(/\s+/g, ' ') }
  return { title: alert.kind === 'message' ? feedName(alert.message.feed, t) : t('app.name'), content: title }
}
