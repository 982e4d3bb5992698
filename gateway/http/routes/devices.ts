import { DeviceAnswerSchema, DeviceBodySchema, HeraldError, PushServicesSchema } from '@herald/protocol'
import { requireDeviceId } from '../device-id'
import { route, type Route } from '../route'
import type { HttpServices } from '../services'

/** What can ring a user's devices, and which devices there are. */
export function deviceRoutes({ devices, push }: HttpServices): Route[] {
  return [
    route({
      method: 'GET',
      path: '/v1/push',
      right: 'read',
      summary: 'Which push services the gateway can use, and what a device needs to register with them',
      answers: { 200: { meaning: 'Services, and the key for Web Push.', schema: PushServicesSchema } },
      handle() {
        const providers = push.list().map(({ name, on }) => ({ name, on }))
        return { status: 200, body: { providers, webPush: push.webPush } }
      },
    }),
    route({
      method: 'PUT',
      path: '/v1/me/devices/{id}',
      right: 'read',
      summary: 'Register this device: how to ring it when its socket does not answer',
      body: DeviceBodySchema,
      answers: { 200: { meaning: 'The name of the user in pushes.', schema: DeviceAnswerSchema } },
      errors: ['device_limit', 'storage_unavailable'],
      async handle({ params, body, caller: { user, token } }) {
        const id = requireDeviceId(params.id)
        for (const registration of body.push) push.requireGood(registration)
        requireTimeZone(body.timeZone)
        await devices.put(user.id, id, token, body)
        const services = body.push.map(({ provider, app }) => ({
          provider,
          on: push.isOn(provider, app),
        }))
        return { status: 200, body: { device: id, recipient: push.recipientOf(user.id), push: services } }
      },
    }),
    route({
      method: 'DELETE',
      path: '/v1/me/devices/{id}',
      right: 'read',
      summary: 'Sign a device out: its live connection ends, and nothing rings it any more',
      answers: { 204: { meaning: 'The device has no registration.' } },
      errors: ['invalid_body', 'storage_unavailable'],
      async handle({ params, caller: { user }, audit }) {
        const id = requireDeviceId(params.id)
        await devices.end(user.id, id)
        audit('device_removed', id, user.id)
        return { status: 204 }
      },
    }),
  ]
}

/** Quiet hours in a zone that nobody knows would never hold, or always. */
function requireTimeZone(timeZone: string | undefined): void {
  if (timeZone === undefined) return
  try {
    new Intl.DateTimeFormat('en', { timeZone })
  } catch {
    throw new HeraldError('invalid_body', 'timeZone: is no IANA time zone')
  }
}
