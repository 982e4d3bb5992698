import type { Session } from '@herald/protocol'
import { deviceText, platformText, type DeviceKey } from '@/locale/devices'
import { failureText } from '../shell/failure'

/** What the page shows. */
export type LinkView =
  | { readonly name: 'making' }
  | { readonly name: 'open'; readonly link: string; readonly until: number; readonly session: string }
  | { readonly name: 'used'; readonly device: string }
  | { readonly name: 'over' }
  | { readonly name: 'failed'; readonly text: string }

/** The view once the sessions of the user were looked at. @param until when the code is over, on this device's clock (ms). */
export function afterLook(view: LinkView, sessions: readonly Session[]): LinkView {
  const made = view.name === 'open' && sessions.find(({ id }) => id === view.session)
  return made ? { name: 'used', device: deviceName(made) } : view
}

/** The view at a moment: a code ends by itself. */
export function atTime(view: LinkView, now: number): LinkView {
  return view.name === 'open' && view.until <= now ? { name: 'over' } : view
}

function deviceName({ label, devices }: Session): string {
  const [device] = devices
  if (label.trim() !== '') return label
  return device ? platformText(device.platform) : deviceText('devices.unnamed')
}

const faults: Readonly<Record<string, DeviceKey>> = {
  add_device_forbidden: 'add.forbidden',
  sign_in_code_limit: 'add.full',
  // A gateway that does not know the route.
  not_found: 'add.old',
  method_not_allowed: 'add.old',
  not_herald: 'add.old',
}

/** Why no code could be made, for a person. */
export function makingFault(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  const key = Object.prototype.hasOwnProperty.call(faults, code) ? faults[code] : undefined
  return key === undefined ? failureText(error) : deviceText(key)
}

/** What is left, as minutes and seconds. */
export function timeLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000))
  return `${String(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}`
}

/** Whether an address leads to nobody but the machine that opens it. */
export const isLocalLink = (link: string): boolean =>
  /^https?:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?:[:/]|$)/i.test(link)
