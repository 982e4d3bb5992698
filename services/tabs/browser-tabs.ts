import { systemClock } from '../clock'
import { silentLog } from '../log'
import { broadcastTabChannel } from './broadcast-tab-channel'
import { LeaseElection, type Lease, type LeaseCell } from './lease-election'
import { LockElection } from './lock-election'
import { loneTab, type Election, type Tabs } from './tabs'

/** Whose tabs they are. */
interface TabsOf {
  readonly id: string
  readonly namespace: string
  readonly isVisible: () => boolean
}

/**
 * The tabs of this browser, with the best that it has. Without BroadcastChannel (Safari before 15.4) each tab is
 * alone: all share the device id, so the gateway keeps the newest socket, and a tab that is looked at again takes
 * it back. So is each where the browser keeps nothing: index.html gave it a storage that is no Storage and that no other tab
 * sees, and locks are refused there.
 */
export function openBrowserTabs(of: TabsOf): Tabs {
  if (typeof BroadcastChannel === 'undefined' || !(localStorage instanceof Storage)) return loneTab()
  const channel = broadcastTabChannel((name) => new BroadcastChannel(name), of.namespace, silentLog)
  return { id: of.id, channel, election: openElection(of) }
}

/** Web Locks need a secure context: a gateway on the LAN by plain http has none. */
function openElection({ id, namespace, isVisible }: TabsOf): Election {
  const locks = navigator.locks as LockManager | undefined
  if (locks) return new LockElection(locks, namespace)
  const cell = storageCell(`${namespace}.leader`)
  return cell ? new LeaseElection({ id, cell, clock: systemClock, isVisible }) : loneTab().election
}

function storageCell(key: string): LeaseCell | undefined {
  try {
    const storage = window.localStorage
    return {
      read: () => parseLease(storage.getItem(key)),
      write: (lease) => {
        storage.setItem(key, JSON.stringify(lease))
      },
      remove: () => {
        storage.removeItem(key)
      },
    }
  } catch {
    // Storage is forbidden here: no tab can see another's lease.
    return undefined
  }
}

function parseLease(text: string | null): Lease | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    const isLease = typeof value === 'object' && value !== null && 'id' in value && 'until' in value
    return isLease ? (value as Lease) : undefined
  } catch {
    // Not ours: the same as no lease.
    return undefined
  }
}
