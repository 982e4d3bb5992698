import { buildGateway, hasGateway } from '../scripts/gateway.mjs'
import { setUp } from '../scripts/setup.mjs'
import { buildClient } from '../scripts/uni.mjs'

/** Brings a browser, the H5 app, the App's and the mini-program's bundles and the gateway up to date before the first end-to-end test. */
export default async function setup(): Promise<void> {
  if (!setUp()) throw new Error('no browser to test in')
  await buildClient('h5', { ifStale: true })
  await buildClient('app', { ifStale: true })
  await buildClient('mp-weixin', { ifStale: true })
  await buildClient('app-harmony', { ifStale: true })
  if (hasGateway()) buildGateway()
}
