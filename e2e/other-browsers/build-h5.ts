import { buildGateway } from '../../scripts/gateway.mjs'
import { setUp } from '../../scripts/setup.mjs'
import { buildClient } from '../../scripts/uni.mjs'

/** Brings the browsers, the H5 app and the gateway up to date before the first test. */
export default async function setup(): Promise<void> {
  if (!setUp()) throw new Error('a browser to test in is missing')
  await buildClient('h5', { ifStale: true })
  buildGateway()
}
