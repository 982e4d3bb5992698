import type { PushKey } from '../../locale/push'
import type { PushView } from '../state'

/** What the settings page says about pushes; `service` names the words of the push service that rings. */
export interface PushWords {
  readonly key: PushKey
  readonly service: PushKey | null
}

/** How a push reaches this device, in plain words. */
export function pushWords(view: PushView): PushWords {
  if (view === null) return { key: 'push.unknown', service: null }
  return 'provider' in view
    ? { key: 'push.on', service: `provider.${view.provider}` }
    : { key: `push.none.${view.none}`, service: null }
}
