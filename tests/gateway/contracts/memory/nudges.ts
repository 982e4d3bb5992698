import { HeraldError } from '@herald/protocol'
import type { ChatNode, Nudge, NudgeRecord, Nudges } from '../../../../gateway/contracts/nudges'
import { nameNudge, settledNudge } from '../../../../gateway/stores/nudge-rules'
import type { State } from './state'

/** A nudge with what it is claimed until, ms. */
export type KnownNudge = NudgeRecord & { readonly claimed_until: number }

export function memoryNudges(state: State): Nudges {
  const { chatNodes, nudges } = state
  const rows = (): KnownNudge[] => [...nudges.values()].sort((a, b) => (a.due ?? 0) - (b.due ?? 0))
  const taken = (user: string, device: string, since: number): number[] =>
    rows()
      .filter((row) => row.user === user && row.device === device)
      .flatMap(({ accepted }) => (accepted !== null && accepted > since ? [accepted] : []))
      .sort((a, b) => b - a)
  const ofDevice = (user: string, device: string): ChatNode[] =>
    [...chatNodes.values()].filter((one) => one.user === user && one.device === device)

  return {
    register: ({ limit, ...wanted }) =>
      state.step(() => {
        const { user, device, account } = wanted
        const record = state.devices.get(`${user} ${device}`)?.record
        if (!record || record.ended !== undefined) throw new HeraldError('device_not_found')
        const own = ofDevice(user, device)
        const known = own.find((one) => one.account === account)
        if (!known && own.length >= limit) throw new HeraldError('chat_account_limit')
        const node = { ...wanted, node: known?.node ?? wanted.node }
        chatNodes.set(node.node, node)
        return node
      }),
    unregister: ({ user, device }, account) =>
      state.step(() => {
        for (const one of ofDevice(user, device)) if (one.account === account) chatNodes.delete(one.node)
      }),
    nodeOf: (node) => state.step(() => chatNodes.get(node)),
    nodesOf: (user) =>
      state.step(() =>
        [...chatNodes.values()]
          .filter((one) => one.user === user)
          .sort((a, b) => (`${a.device} ${a.account}` < `${b.device} ${b.account}` ? -1 : 1)),
      ),
    note: ({ node, sender, now, due }) =>
      state.step(() => {
        const known = chatNodes.get(node)
        if (!known) return false
        const open = rows().find(
          (row) =>
            row.node === node && row.state === 'waiting' && row.unknown === 0 && row.claimed_until === 0,
        )
        const { user, device, account } = known
        const id = open?.id ?? `n${String(state.next())}`
        nudges.set(
          id,
          open
            ? { ...open, count: open.count + 1, sender: open.sender === sender ? sender : null }
            : {
                ...{ id, node, user, device, account, sender, count: 1, created: now, due, attempts: 0 },
                ...{ state: 'waiting', reason: 'nudged', position: 0, unknown: 0, push: null, handle: null },
                ...{ provider: null, ref: null, accepted: null, claimed_until: 0 },
                trail: [{ time: now, reason: 'nudged' }],
              },
        )
        state.bus.tell('work', {})
        return true
      }),
    claim: ({ now, until, limit }) =>
      state.step(() =>
        rows()
          .filter((row) => row.due !== null && row.due <= now && row.claimed_until <= now)
          .slice(0, limit)
          .map(({ trail, ...row }): Nudge => {
            const named = nameNudge(row)
            nudges.set(row.id, { ...named, trail, claimed_until: until })
            return named
          }),
      ),
    settle: (settlements) =>
      state.step(() => {
        for (const settlement of settlements) {
          const row = nudges.get(settlement.id)
          if (row) nudges.set(row.id, { ...settledNudge(row, settlement), claimed_until: 0 })
        }
      }),
    keepHandle: (id, handle) =>
      state.step(() => {
        const row = nudges.get(id)
        if (row) nudges.set(id, { ...row, handle })
      }),
    recent: ({ user, device }, since, limit) => state.step(() => taken(user, device, since).slice(0, limit)),
    count: ({ user, device }, since) =>
      state.step(() => {
        const times = taken(user, device, since)
        return { count: times.length, first: times.at(-1) ?? null }
      }),
    listOf: (user, limit) =>
      state.step(() =>
        rows()
          .filter((row) => row.user === user)
          .sort((a, b) => b.created - a.created)
          .slice(0, limit)
          .map(({ claimed_until: _, ...row }) => row),
      ),
    forget: (before, limit) =>
      state.step(() => {
        const old = rows().filter(({ created, due }) => due === null && created < before)
        for (const { id } of old.slice(0, limit)) nudges.delete(id)
        return Math.min(limit, old.length)
      }),
  }
}
