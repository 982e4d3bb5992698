import { buildGateway, hasGateway } from '../../scripts/gateway.mjs'

/** Bundles the gateway once, for the tests that start it as a process. */
export default function setup(): void {
  if (hasGateway()) buildGateway()
}
