import { buildGateway, hasGateway } from '../../scripts/gateway.mjs'
import { buildHosts } from '../../scripts/build-host.mjs'
import { setUp } from '../../scripts/setup.mjs'

/** Packs the client and builds each host from the packed files, once for all tests. */
export default async function setup(): Promise<void> {
  if (!setUp()) throw new Error('no browser to test in')
  await buildHosts(['shop-vuex', 'shop-pinia', 'shop-hbuilderx'], ['h5', 'app', 'app-harmony', 'mp-weixin'])
  if (hasGateway()) buildGateway()
}
