import type { FoundTokens, PushPort } from './push-port'

/** WeChat gives mini-programs no push. */
export const noPush: PushPort = {
  find: (): Promise<FoundTokens> => Promise.resolve({ none: 'platform' }),
  onChange: () => undefined,
  onPush: () => undefined,
  keep: () => Promise.resolve(),
}
