import { MAX_PUSH_IDS, type Message, type PushPayload } from '@herald/protocol'
import { resolveLanguage, translate, type MessageKey } from '../../locale/words'
import { alertText } from '../../locale/alert-text'
import type { DeviceRecord } from '../contracts/devices'
import type { ClearAlert, MessageAlert } from '../providers/provider'

/** At this priority and above an alert makes a sound, when the device wants any. */
const AUDIBLE = 3

/** What an alert needs to know beside the messages. */
export interface AlertContext {
  readonly device: DeviceRecord
  /** The user as pushes name them. */
  readonly recipient: string
  readonly badge: number
  readonly pushId: string
  /** What the push is called on the screen; null: as its message. */
  readonly collapse: string | null
  /** A summary says what the most important of its messages says, because it takes the place of that one's push. */
  readonly leads?: boolean
  readonly handle: string | null
  /** When the push is worth nothing any more, ms. */
  readonly expires: number
  /** The epoch of the first message's feed. */
  readonly epoch: string
  /** Whether pushes may carry what a feed's messages say. */
  readonly showsContent: (feed: string) => boolean
}

type Ringing = readonly [Message, ...Message[]]

/** The push for messages of one device: the message itself, or for several one that counts them. */
export function buildAlert(messages: Ringing, context: AlertContext): MessageAlert {
  const [first] = messages
  return messages.length === 1 ? messageAlert(first, context) : summaryAlert(messages, context)
}

/** The push that takes `ids` back. */
export function buildClear(
  ids: readonly string[],
  collapseId: string,
  ref: string | null,
  context: Pick<AlertContext, 'recipient' | 'badge' | 'pushId' | 'expires'>,
): ClearAlert {
  const { recipient, badge, pushId, expires } = context
  const payload: PushPayload = {
    ...{ herald: 1, type: 'clear', to: recipient, badge },
    ids: ids.slice(-MAX_PUSH_IDS),
  }
  return {
    ...{ type: 'clear', collapseId, badge, expires, pushId },
    ref: ref ?? undefined,
    payload: JSON.stringify(payload),
  }
}

function messageAlert(message: Message, context: AlertContext): MessageAlert {
  const { id, feed, seq, time, priority } = message
  const preview = context.device.preview && context.showsContent(feed)
  const text = alertText({ kind: 'message', message }, preview, wordsOf(context.device))
  const payload: PushPayload = {
    ...{ herald: 1, type: 'message', to: context.recipient, badge: context.badge },
    ...{ id, feed, epoch: context.epoch, seq, time, priority },
    ...(preview && { title: text.title, body: text.body }),
  }
  return {
    ...shared(context, priority),
    ...text,
    ...{ collapseId: context.collapse ?? id, thread: feed, payload: JSON.stringify(payload) },
  }
}

function summaryAlert(messages: Ringing, context: AlertContext): MessageAlert {
  const newest = messages.at(-1) ?? messages[0]
  const feeds = [...new Set(messages.map(({ feed }) => feed))]
  const alert = { kind: 'summary', count: messages.length, feeds, newest } as const
  const text = {
    ...alertText(alert, context.device.preview, wordsOf(context.device)),
    ...(context.leads === true && leadText(messages, context)),
  }
  const payload: PushPayload = {
    ...{ herald: 1, type: 'summary', to: context.recipient, badge: context.badge },
    count: messages.length,
    ids: messages.slice(-MAX_PUSH_IDS).map(({ id }) => id),
  }
  const priority = Math.max(...messages.map((message) => message.priority))
  return {
    ...shared(context, priority),
    ...text,
    ...{ collapseId: context.collapse ?? newest.id, thread: newest.feed, payload: JSON.stringify(payload) },
  }
}

/** The words of the most important message, the newest of these, where they may be shown. */
function leadText(messages: Ringing, context: AlertContext): { body: string } | undefined {
  const lead = messages.reduce((best, one) => (one.priority >= best.priority ? one : best))
  if (!context.device.preview || !context.showsContent(lead.feed)) return undefined
  const { title, body } = alertText({ kind: 'message', message: lead }, true, wordsOf(context.device))
  return { body: `${title}\n${body}`.trim() }
}

function shared(context: AlertContext, priority: number) {
  const { badge, pushId, handle, expires, device } = context
  return {
    ...{ type: 'message' as const, badge, pushId, expires, priority },
    ...(handle !== null && { handle }),
    sound: device.sound && priority >= AUDIBLE,
  }
}

/** A push speaks the language of the device that it rings. */
function wordsOf({ locale }: DeviceRecord) {
  const language = resolveLanguage('auto', locale ?? 'en')
  return (key: string, params?: Readonly<Record<string, string | number>>) =>
    translate(language, key as MessageKey, params)
}
