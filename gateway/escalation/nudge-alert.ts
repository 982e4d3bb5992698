import type { NudgePush } from '@herald/protocol'
import { createHash } from 'node:crypto'
import en from '../../locale/push/en.json' with { type: 'json' }
import zhHans from '../../locale/push/zh-Hans.json' with { type: 'json' }
import { resolveLanguage, type Language } from '../../locale/words'
import type { DeviceRecord } from '../contracts/devices'
import type { Nudge } from '../contracts/nudges'
import type { MessageAlert } from '../providers/provider'

/** Nobody gave a chat message another one. */
const PRIORITY = 3

/** Longer addresses are cut on every screen. */
const MAX_TITLE = 100

const words: Readonly<Record<Language, { readonly title: string; readonly body: string }>> = {
  en: { title: en['nudge.title'], body: en['nudge.body'] },
  'zh-Hans': { title: zhHans['nudge.title'], body: zhHans['nudge.body'] },
}

interface NudgeContext {
  readonly device: DeviceRecord
  /** The user as pushes name them. */
  readonly recipient: string
  readonly badge: number
  readonly expires: number
}

/**
 * The push for a nudge: who wrote, where the device shows that, and never what. It takes the place of what it showed of
 * the same person before.
 */
export function buildNudgeAlert(
  nudge: Nudge,
  { device, recipient, badge, expires }: NudgeContext,
): MessageAlert {
  const { account, sender, push, handle } = nudge
  const { title, body } = words[resolveLanguage('auto', device.locale ?? 'en')]
  const text = { title: device.preview && sender !== null ? sender.slice(0, MAX_TITLE) : title, body }
  const collapseId = nameOnScreen(nudge)
  const payload: NudgePush = {
    herald: 1,
    type: 'nudge',
    to: recipient,
    badge,
    account,
    tag: collapseId,
    ...text,
  }
  return {
    ...{ type: 'message', ...text, badge, expires, priority: PRIORITY, sound: device.sound },
    ...{ pushId: push, collapseId, thread: `chat:${account}`, payload: JSON.stringify(payload) },
    ...(handle !== null && { handle }),
  }
}

/** What all nudges of one person to one account are called on the screen, at most 64 bytes. */
const nameOnScreen = ({ node, sender }: Nudge): string =>
  createHash('sha256')
    .update(`${node}\n${sender ?? ''}`)
    .digest('base64url')
    .slice(0, 32)
