import type { Ended } from '../contracts/cluster'
import type { LiveSocket } from './context'

/** Gateways on one database know its clock to within this, ms. */
const CLOCKS_MS = 250

/**
 * Of what has ended, what ends a live socket: a device that has signed in again since it signed out may have its new socket before
 * it has registered anew, or before the word of its sign-out comes from another gateway. Who began in the future began before a
 * clock was set back.
 */
export function endedSince(live: readonly LiveSocket[], ended: Ended, now = Infinity): Ended {
  const since = new Map(live.map((socket) => [`${socket.user} ${socket.device}`, socket.since]))
  const isOver = ({ user, device, at }: Ended['devices'][number]): boolean => {
    const begun = since.get(`${user} ${device}`)
    return begun !== undefined && (begun <= at + CLOCKS_MS || begun > now)
  }
  return { ...ended, devices: ended.devices.filter(isOver) }
}
