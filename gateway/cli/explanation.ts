import type { Deliveries, Delivery, DeliveryEvent, UserNudges } from '@herald/protocol'
import { fillText, type Language } from '../../locale/words'
import { formatClock, formatMoment } from './output'
import { describeStep, pushWord } from './push-words'

/** Enough of a device's id to tell it from the others. */
const SHOWN_OF_ID = 8

/** The sentences that the app has no use for; it draws what they say. */
interface Words {
  readonly message: string
  readonly expiringMessage: string
  readonly device: string
  readonly standing: string
  readonly taken: string
  readonly takenTogether: string
  readonly more: string
  readonly account: string
  readonly noAccount: string
  readonly noNudge: string
  readonly nudge: string
}

const dictionaries: Readonly<Record<Language, Words>> = {
  en: {
    message: '{id}, number {seq} of {feed}, published {time}',
    expiringMessage: '{id}, number {seq} of {feed}, published {time}, expires {expires}',
    device: '{who}: {what}',
    standing: '{state}. {reason}',
    taken: 'pushed by {service} at {time} (accepted); not acknowledged yet',
    takenTogether: 'pushed by {service} at {time}, in one push for several messages; not acknowledged yet',
    more: 'These are the first {count} devices; --limit shows more.',
    account: '{user}, device {device}: account {account} at {domain}, by {component}, registered {time}',
    noAccount: '{user} has no chat account on any device.',
    noNudge: 'No chat server has said anything of them.',
    nudge: '{time}, device {device}, account {account}, said {count} times: {state}. {reason}',
  },
  'zh-Hans': {
    message: '{id}，{feed} 的第 {seq} 条消息，发布于 {time}',
    expiringMessage: '{id}，{feed} 的第 {seq} 条消息，发布于 {time}，有效期至 {expires}',
    device: '{who}：{what}',
    standing: '{state}。{reason}',
    taken: '已推送，{service}于 {time} 接收；应用尚未确认',
    takenTogether: '已推送，{service}于 {time} 接收（与其他消息汇总成一条）；应用尚未确认',
    more: '以上是前 {count} 台设备，用 --limit 查看更多。',
    account: '{user}，设备 {device}：{domain} 的账号 {account}，经由 {component}，注册于 {time}',
    noAccount: '{user} 在任何设备上都没有聊天账号。',
    noNudge: '聊天服务器尚未报告过新消息。',
    nudge: '{time}，设备 {device}，账号 {account}，报告 {count} 次：{state}。{reason}',
  },
}

/** What happened to a message on each device, for a person who asks why it did not arrive. Times are local. */
export function explain({ message, devices, more }: Deliveries, language: Language): string {
  const words = dictionaries[language]
  const { id, feed, seq, time, expires } = message
  const known = { id, seq, feed, time: formatMoment(time) }
  const head =
    expires === undefined
      ? fillText(words.message, known)
      : fillText(words.expiringMessage, { ...known, expires: formatMoment(expires) })
  const parts = devices.map((device) => explainDevice(device, time, language))
  if (parts.length === 0) parts.push(pushWord(language, 'delivery.none'))
  if (more !== null) parts.push(fillText(words.more, { count: devices.length }))
  return [head, ...parts].join('\n\n')
}

function explainDevice(delivery: Delivery, since: number, language: Language): string {
  const { next, events } = delivery
  const lines = [
    describeDevice(delivery, summarise(delivery, since, language), language),
    ...events.map((event) => `  ${formatClock(event.time, since)}  ${describeStep(language, event)}`),
  ]
  if (next !== null)
    lines.push(`  ${pushWord(language, 'delivery.next', { time: formatClock(next, since) })}`)
  return lines.join('\n')
}

/** What chat servers said of a user's accounts, and what became of it. Times are local. */
export function explainNudges({ user, accounts, nudges }: UserNudges, language: Language): string {
  const words = dictionaries[language]
  const known = accounts.map(({ registered, ...one }) =>
    fillText(words.account, { user, ...one, time: formatMoment(registered) }),
  )
  const said = nudges.map(({ device, account, count, time, state, reason, next, events }) => {
    const standing = {
      state: pushWord(language, `state.${state}`).toLowerCase(),
      reason: pushWord(language, `reason.${reason}`),
    }
    const lines = [
      fillText(words.nudge, { time: formatMoment(time), device, account, count, ...standing }),
      ...events.map((event) => `  ${formatClock(event.time, time)}  ${describeStep(language, event)}`),
    ]
    if (next !== null)
      lines.push(`  ${pushWord(language, 'delivery.next', { time: formatClock(next, time) })}`)
    return lines.join('\n')
  })
  return [
    known.length === 0 ? fillText(words.noAccount, { user }) : known.join('\n'),
    ...(said.length === 0 ? [words.noNudge] : said),
  ].join('\n\n')
}

/** A line about one device. */
export function describeDevice(
  { user, device, platform }: Pick<Delivery, 'user' | 'device' | 'platform'>,
  what: string,
  language: Language,
): string {
  const name = device.length > SHOWN_OF_ID ? `${device.slice(0, SHOWN_OF_ID)}…` : device
  const named = `${pushWord(language, `platform.${platform}`)} ${name}`
  const who = pushWord(language, 'delivery.device', { user, device: named })
  return fillText(dictionaries[language].device, { who, what })
}

function summarise({ state, reason, events }: Delivery, since: number, language: Language): string {
  const words = dictionaries[language]
  const taken = events.findLast(isTaking)
  // Standing `pushed` means that no ack has come, whatever the service told of the push since.
  if (state !== 'pushed' || taken?.provider === undefined) {
    const word = pushWord(language, `state.${state}`).toLowerCase()
    return fillText(words.standing, { state: word, reason: pushWord(language, `reason.${reason}`) })
  }
  const service = pushWord(language, `provider.${taken.provider}`)
  const how = taken.reason === 'summarised' ? words.takenTogether : words.taken
  return fillText(how, { service, time: formatClock(taken.time, since) })
}

const isTaking = ({ reason }: DeliveryEvent): boolean => reason === 'accepted' || reason === 'summarised'
