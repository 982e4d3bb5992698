import { feedKind, feedLabel, isBlank, type Message } from '@herald/protocol'
import { unifyLineBreaks } from './text'
import { plainText, shorten } from './plain-text'

/** One thing to show: a message, or a line that stands for many. */
export type Alert =
  | { readonly kind: 'message'; readonly message: Message }
  | {
      readonly kind: 'summary'
      readonly count: number
      readonly feeds: readonly string[]
      readonly newest: Message
    }

/** Words in the user's language: `locale/*.json` by key. */
export type Translate = (key: string, params?: Readonly<Record<string, string | number>>) => string

/** What an alert says. */
export interface AlertText {
  readonly title: string
  readonly body: string
}

/** Longest texts of an alert: past these every platform cuts by itself, and a bridge call has a cost. */
const MAX_TITLE = 100
const MAX_BODY = 300

/** Most feeds that a summary names. */
const MAX_FEEDS = 3

/** The words of an alert. Without `preview` they tell where something came from, and nothing of what it says. */
export function alertText(alert: Alert, preview: boolean, t: Translate): AlertText {
  return alert.kind === 'summary' ? summaryText(alert, t) : messageText(alert.message, preview, t)
}

/** A feed as a person would say it. */
export function feedName(feed: string, t: Translate): string {
  const kind = feedKind(feed)
  if (kind === 'topic') return feedLabel(feed)
  return t(`alert.feed.${kind}`)
}

function messageText(message: Message, preview: boolean, t: Translate): AlertText {
  const feed = feedName(message.feed, t)
  if (!preview) return { title: feed, body: t('alert.hidden') }
  const text = singleSpaced(message.markdown === true ? plainText(message.body) : message.body)
  const title = singleSpaced(message.title ?? '')
  if (!isBlank(title)) return { title: shorten(title, MAX_TITLE), body: shorten(text, MAX_BODY) }
  // Markdown can say nothing at all, such as a mark around nothing; an alert that is blank looks broken.
  return { title: shorten(feed, MAX_TITLE), body: isBlank(text) ? t('alert.blank') : shorten(text, MAX_BODY) }
}

function summaryText(alert: Extract<Alert, { kind: 'summary' }>, t: Translate): AlertText {
  const title = t('alert.summary.title', { count: alert.count })
  // Conversations share one name.
  const all = [...new Set(alert.feeds.map((feed) => feedName(feed, t)))]
  const names = all.slice(0, MAX_FEEDS)
  const list = names.join(t('alert.summary.separator'))
  const more = all.length - names.length
  const body = more > 0 ? t('alert.summary.more', { feeds: list, count: more }) : list
  return { title, body: shorten(body, MAX_BODY) }
}

/** Lines stay lines; everything else that is blank becomes one space. */
function singleSpaced(text: string): string {
  return unifyLineBreaks(text)
    .replace(/[^\S\n]+/g, ' ')
    .replace(/ ?\n[ \n]*/g, '\n')
    .trim()
}
