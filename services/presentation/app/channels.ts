import { LOUD, type AlertTone, type Translate } from '../presentation'

/** `uni.getChannelManager()`; null below Android 8. */
export interface ChannelManager {
  setPushChannel(options: {
    channelId: string
    channelDesc: string
    enableLights: boolean
    enableVibration: boolean
    importance: 2 | 3 | 4
    lockscreenVisibility: 0
  }): void
}

/**
 * The Android channel for a tone, made when it is needed. A channel never changes once it exists
 * (developer.android.com/develop/ui/views/notifications/channels), so each combination of settings is one of five
 * channels, and its id says which; 5+ does not even rename one,
 * so that it keeps the language in which it was made. Without sound it is of low importance, as there is no other way to silence one:
 * it does not vibrate then.
 */
export function openChannel(
  manager: ChannelManager | null,
  { sound, vibration }: AlertTone,
  priority: number,
  t: Translate,
): string | undefined {
  if (manager === null) return undefined
  const kind = !sound ? 'quiet' : priority >= LOUD ? 'urgent' : 'normal'
  const vibrates = sound && vibration
  const channelId = `herald_${kind}${vibrates ? '_vibrate' : ''}`
  const name = t(`alert.channel.${kind}`)
  manager.setPushChannel({
    channelId,
    channelDesc: kind === 'quiet' || vibrates ? name : t('alert.channel.noVibration', { name }),
    enableLights: kind !== 'quiet',
    enableVibration: vibrates,
    importance: ({ quiet: 2, normal: 3, urgent: 4 } as const)[kind],
    // VISIBILITY_PRIVATE: a locked screen shows that something came, and what it says when the user allows it.
    lockscreenVisibility: 0,
  })
  return channelId
}
