import { DeliveriesSchema, type Deliveries } from '@herald/protocol'
import * as v from 'valibot'
import type { GatewayApi } from './gateway-api'

// Apart from what every session needs: only who asks what becomes of a message loads this.

/** Most devices in one page of deliveries. */
const DELIVERIES_PAGE = 50

/** What became of a message on each device; `after` is the `more` of the page before. Throws ApiError. */
export function deliveries(api: GatewayApi, message: string, after: string | null): Promise<Deliveries> {
  const from = after === null ? '' : `&after=${encodeURIComponent(after)}`
  const path = `/v1/messages/${encodeURIComponent(message)}/deliveries?limit=${String(DELIVERIES_PAGE)}${from}`
  return api.call(DeliveriesSchema, 'GET', path)
}

/** All that is asked of the answer: its whole schema would come with the first page. */
const SentSchema = v.object({ id: v.string() })

/** Sends the user a test alert in a language. Answers with its id. Throws ApiError. */
export function sendTestAlert(api: GatewayApi, language: 'en' | 'zh-Hans'): Promise<{ id: string }> {
  return api.call(SentSchema, 'POST', '/v1/me/test', { language })
}
