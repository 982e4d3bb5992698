import {
  DeviceAnswerSchema,
  PushServicesSchema,
  type DeviceAnswer,
  type DeviceBody,
  type PushServices,
} from '@herald/protocol'
import type { GatewayApi } from './gateway-api'

// Apart from GatewayApi, which the sign-in page loads: what is here waits until somebody is signed in.

/** What a client needs before it can register. Throws ApiError. */
export function pushServices(api: GatewayApi): Promise<PushServices> {
  return api.call(PushServicesSchema, 'GET', '/v1/push')
}

/** Tells the gateway what this device is and how to ring it. Throws ApiError. */
export function registerDevice(api: GatewayApi, id: string, body: DeviceBody): Promise<DeviceAnswer> {
  return api.call(DeviceAnswerSchema, 'PUT', `/v1/me/devices/${encodeURIComponent(id)}`, body)
}
