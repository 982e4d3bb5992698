import {
  DeliveriesSchema,
  DeviceAnswerSchema,
  PushServicesSchema,
  type Deliveries,
  type DeviceAnswer,
  type DeviceBody,
  type PushServices,
} from '@herald/protocol'
import type { GatewayApi } from './gateway-api'

// Apart from GatewayApi, which the sign-in page loads: what is here waits until somebody is signed in.

/** Most devices in one page of deliveries. */
const DELIVERIES_PAGE = 50

/** What a client needs before it can register. Throws ApiError. */
export function pushServices(api: GatewayApi): Promise<PushServices> {
  return api.call(PushServicesSchema, 'GET', '/v1/push')
}

/** Tells the gateway what this device is and how to ring it. Throws ApiError. */
export function registerDevice(api: GatewayApi, id: string, body: DeviceBody): Promise<DeviceAnswer> {
  return api.call(DeviceAnswerSchema, 'PUT', `/v1/me/devices/${encodeURIComponent(id)}`, body)
}

/** What became of a message on each device; `after` is the `more` of the page before. Throws ApiError. */
export function deliveries(api: GatewayApi, message: string, after: string | null): Promise<Deliveries> {
  const from = after === null ? '' : `&after=${encodeURIComponent(after)}`
  const path = `/v1/messages/${encodeURIComponent(message)}/deliveries?limit=${String(DELIVERIES_PAGE)}${from}`
  return api.call(DeliveriesSchema, 'GET', path)
}
