import { DeliveriesSchema, type Deliveries } from '@herald/protocol'
import type { ApiClient } from './api-client'

/** What the gateway gives at most in one answer. */
const PAGE = 200

/** What became of a message: all pages as one, up to so many devices; `more` is what is left. */
export async function readDeliveries(api: ApiClient, id: string, limit: number): Promise<Deliveries> {
  let devices: Deliveries['devices'] = []
  for (let after = ''; ;) {
    const query = new URLSearchParams({ after, limit: String(Math.min(PAGE, limit - devices.length)) })
    const path = `/v1/messages/${encodeURIComponent(id)}/deliveries?${query.toString()}`
    const page = await api.ask({ method: 'GET', path }, DeliveriesSchema)
    devices = [...devices, ...page.devices]
    if (page.more === null || devices.length >= limit) return { ...page, devices }
    after = page.more
  }
}
