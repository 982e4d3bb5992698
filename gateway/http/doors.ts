import type { Bus } from '../contracts/bus'
import type { Audit } from '../process/audit'
import { Breaches } from '../process/breaches'
import type { Config } from '../process/config'
import type { Metrics } from '../process/metrics'
import { trustProxies, type ProxyTrust } from '../process/proxies'
import { checkOrigins, type OriginCheck } from './origins'
import { openRateLimits, type RateLimits } from './rate-limits'

/** An address that is shut out has one line in the audit, and not one for each connection. */
function countBreaches({ rates }: Config, isProxy: ProxyTrust, audit: Audit): Breaches {
  const breaches = new Breaches({ most: rates.broken, isProxy })
  breaches.onShut((address) => {
    audit.refused({ code: 'rate_limited', address, route: 'connection' })
  })
  return breaches
}

/** What requests and sockets pass before anybody asks who they are. */
export interface Doors {
  readonly isProxy: ProxyTrust
  readonly isOriginAllowed: OriginCheck
  readonly breaches: Breaches
  readonly limits: RateLimits
}

export function openDoors(config: Config, metrics: Metrics, audit: Audit, bus: Bus): Doors {
  const isProxy = trustProxies(config.trustProxy)
  const breaches = countBreaches(config, isProxy, audit)
  return {
    ...{ isProxy, breaches, isOriginAllowed: checkOrigins(config) },
    limits: openRateLimits(config.rates, metrics.rateLimited, breaches, bus),
  }
}
