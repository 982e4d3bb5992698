import { HeraldError } from '@herald/protocol'

const DEVICE_ID = /^[A-Za-z0-9_-]{8,64}$/

/** Throws `invalid_body` for an id that no device can have. */
export function requireDeviceId(id: string | undefined): string {
  if (id === undefined || !DEVICE_ID.test(id))
    throw new HeraldError('invalid_body', 'device: must be 8-64 of A-Z a-z 0-9 _ -')
  return id
}
