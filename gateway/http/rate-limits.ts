import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Bus } from '../contracts/bus'
import { addressKey } from '../process/addresses'
import type { Breaches } from '../process/breaches'
import type { RateSettings } from '../process/config'
import { RateLimitError } from './error-answers'

const WINDOW_S = 60

/** Test alerts of a user in a minute: each may cost a push. */
const TESTS = 6

/** What is limited: what an operator can set, and the rest. */
export type Limit = keyof RateSettings | 'tests'

/** Takes one request of a key; throws `rate_limited` when there is none left in this minute. */
export type Take = (key: string) => Promise<void>

export interface RateLimits {
  readonly publish: Take
  readonly requests: Take
  /** Counts a request of an address; whoever goes on past the limit breaks the protocol. */
  readonly address: Take
  /** Takes one test alert of a user. */
  readonly tests: Take
  /** Counts a failed authentication. */
  readonly failure: Take
  /** Throws when the address has failed too often, and counts nothing. */
  readonly checkFailures: Take
  /** Throws when the address has broken the protocol too often, and counts nothing. */
  readonly checkBroken: (address: string) => void
}

/**
 * Fixed windows of a minute, in memory: the figures of one gateway, gone with a restart. Failed sign-ins alone are told to the
 * others: what guards secrets must not grow with the number of gateways.
 */
export function openRateLimits(
  rates: RateSettings,
  onLimited: (limit: Limit) => void,
  breaches?: Breaches,
  bus?: Pick<Bus, 'tell' | 'on'>,
): RateLimits {
  const most: Readonly<Record<Limit, number>> = { ...rates, tests: TESTS }
  const limiter = (name: Limit): RateLimiterMemory | undefined =>
    most[name] === 0
      ? undefined
      : new RateLimiterMemory({ keyPrefix: name, points: most[name], duration: WINDOW_S })

  const refuse = (name: Limit, msBeforeNext: number): never => {
    onLimited(name)
    throw tooMany(name, most[name], msBeforeNext)
  }
  const taking = (name: Limit): Take => {
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
  bus?.on('failed', ({ address }) => {
    void failures?.penalty(address)
  })
  const takeOfAddress = taking('address')
  return {
    publish: taking('publish'),
    requests: taking('requests'),
    address: async (address) => {
      try {
        await takeOfAddress(addressKey(address))
      } catch (error) {
        breaches?.note(address)
        throw error
      }
    },
    tests: taking('tests'),
    failure: async (address) => {
      if (bus) bus.tell('failed', { address })
      else await failures?.penalty(address)
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

function tooMany(name: Limit, most: number, msBeforeNext: number): RateLimitError {
  const seconds = Math.max(1, Math.ceil(msBeforeNext / 1000))
  return new RateLimitError(
    seconds,
    `${words[name]}: at most ${String(most)} a minute. Come back in ${String(seconds)} s.`,
  )
}

const words: Readonly<Record<Limit, string>> = {
  publish: 'Too many messages from this token',
  requests: 'Too many requests with this token',
  address: 'Too many requests from this address',
  tests: 'Too many test alerts to this user',
  failures: 'Too many failed sign-ins from this address',
  broken: 'Too many breaches of the protocol from this address',
}
