import type { TokenProvider } from './token-supply'

/** What the app that Herald is a part of hands to it. */
export interface HeraldHost {
  /** Brings the token of whoever is signed in in that app. */
  readonly token: TokenProvider
  /** The gateway's address; absent: where Herald's own pages come from. */
  readonly server?: string | undefined
}

/** H5: a page hands it over as `window.heraldHost`, before Herald's script runs. By hand: the page is not ours. */
export function readHost(page: object): HeraldHost | null {
  const host: unknown = 'heraldHost' in page ? page.heraldHost : undefined
  if (typeof host !== 'object' || host === null || !('token' in host)) return null
  const { token } = host
  if (typeof token !== 'function') return null
  const server = 'server' in host && typeof host.server === 'string' ? host.server : undefined
  // In a promise of ours: what the page throws or answers at once is as good as what it rejects or resolves with.
  const provide: TokenProvider = async () => {
    const answer: unknown = await (token as () => unknown)()
    if (answer === null || typeof answer === 'string') return answer
    throw new Error('heraldHost.token gave neither a token nor null')
  }
  return { token: provide, server }
}
