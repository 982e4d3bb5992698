import type { PushSettings } from '../../../gateway/process/push-settings'

/** As a gateway has them that nobody configured, without the daily limit. */
export const SETTINGS: PushSettings = {
  deadlines: { foregroundMs: 8000, backgroundMs: 4000, quietWhenActiveMs: 30_000 },
  idOnly: [],
  lifeMs: 24 * 3_600_000,
  dailyPerDevice: 0,
}
