import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Breaches } from '../process/breaches'
import type { RateSettings } from '../process/config'
import { RateLimitError } from './error-answers'

const WINDOW_S = 60

/** Takes one request of a key; throws `rate_limited` when there is none left in this minute. */
export type Take = (key: string) => Promise<void>

export interface RateLimits {
  readonly publish: Take
  readonly requests: Take
  readonly address: Take
  /** Counts a failed authentication. */
  readonly failure: Take
  /** Throws when the address has failed too often, and counts nothing. */
  readonly checkFailures: Take
  /** Throws when the address has broken the protocol too often, and counts nothing. */
  readonly checkBroken: (address: string) => void
}

/** Fixed windows of a minute, in memory: the figures of one gateway, gone with a restart. */
export function openRateLimits(
  rates: RateSettings,
  onLimited: (limit: keyof RateSettings) => void,
  breaches?: Breaches,
): RateLimits {
  const limiter = (name: keyof RateSettings): RateLimiterMemory | undefined =>
    rates[name] === 0
      ? undefined
      : new RateLimiterMemory({ keyPrefix: name, points: rates[name], duration: WINDOW_S })

  const refuse = (name: keyof RateSettings, msBeforeNext: number): never => {
    onLimited(name)
    const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
    throw new RateLimitError(
      seconds,
      `${words[name]}: at most ${String(rates[name])} a minute. Come back in ${String(seconds)} s.`,
    )
  }
  const taking = (name: keyof RateSettings): Take => {
    const counted = limiter(name)
    return async (key) => {
      try {
        await counted?.consume(key)
      } catch (full) {
        if (full instanceof RateLimiterRes) refuse(name, full.msBeforeNext)
        throw full
      }
    }
  }
  const failures = limiter('failures')
  return {
    publish: taking('publish'),
    requests: taking('requests'),
    address: taking('address'),
    failure: async (key) => {
      await failures?.penalty(key)
    },
    checkFailures: async (key) => {
      const state = await failures?.get(key)
      if (state && state.consumedPoints >= rates.failures) refuse('failures', state.msBeforeNext)
    },
    checkBroken: (address) => {
      const msShut = breaches?.msShut(address) ?? 0
      if (msShut > 0) refuse('broken', msShut)
    },
  }
}

const words: Readonly<Record<keyof RateSettings, string>> = {
  publish: 'Too many messages from this token',
  requests: 'Too many requests with this token',
  address: 'Too many requests from this address',
  failures: 'Too many failed sign-ins from this address',
  broken: 'Too many breaches of the protocol from this address',
}
