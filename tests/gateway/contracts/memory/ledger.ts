import type { DeadLetter } from '@herald/protocol'
import type { Ack, Acks, LateAck } from '../../../../gateway/contracts/acks'
import {
  hasUnread,
  type NewPush,
  type PushKey,
  type PushLedger,
  type PushRecord,
  type PushRow,
  type Settlement,
} from '../../../../gateway/contracts/push-ledger'
import {
  ackedLate,
  firstStep,
  goesAlong,
  isMeant,
  KNOWN_IN_MEMORY,
  lateAckOf,
  mayLie,
  MAX_SPAN,
  nameForSending,
  replayed,
  settled,
  takenBack,
  withReceipt,
} from '../../../../gateway/stores/push-rules'
import type { KnownPush, State } from './state'

const nameOf = ({ user, device, feed, epoch, first }: PushKey): string =>
  `${user} ${device} ${feed} ${epoch} ${String(first)}`

/** Keeps a record under its name, which may be new. */
function save(state: State, before: KnownPush, after: PushRecord, claimedUntil = before.claimed_until): void {
  state.pushes.delete(nameOf(before))
  state.pushes.set(nameOf(after), { ...after, claimed_until: claimedUntil })
}

/** What was pushed of a feed and has now been read is taken back. */
export function clearRead(state: State, user: string, feed: string, epoch: string): void {
  const from = state.feeds.get(feed)?.from ?? 1
  const read = state.readOf(user, feed, epoch)
  for (const row of [...state.pushes.values()]) {
    const isOf = row.user === user && row.feed === feed && row.epoch === epoch
    if (isOf && mayLie(row) && !hasUnread(row, read, from)) save(state, row, takenBack(row, state.now()), 0)
  }
}

/** Notes that the devices of a feed's followers are to be looked at. */
export function openSweep(state: State, feed: string, epoch: string, seq: number): void {
  if (state.registrations.size === 0) return
  const now = state.now()
  for (const [id, sweep] of state.sweeps) {
    const goesOn = sweep.feed === feed && sweep.epoch === epoch && sweep.last === seq - 1
    if (!goesOn || sweep.stage !== 'absent' || sweep.claimedUntil > 0 || seq - sweep.first >= MAX_SPAN)
      continue
    state.sweeps.set(id, { ...sweep, last: seq })
    return
  }
  const id = state.next()
  const after = { user: '', device: '' }
  state.sweeps.set(id, {
    ...{ id, feed, epoch, first: seq, last: seq, stage: 'absent', created: now, due: now },
    ...{ after, claimedUntil: 0 },
  })
}

export function memoryAcks(state: State): Acks {
  const late = (ack: Ack): LateAck[] =>
    [...state.pushes.values()].flatMap((row) => {
      const isOf = row.user === ack.user && row.device === ack.device && row.feed === ack.feed
      const waits = row.acked === null && row.epoch === ack.epoch && row.last <= ack.seq
      if (!isOf || !waits || row.accepted === null) return []
      save(state, row, ackedLate(row, ack.time))
      return [lateAckOf(row, ack.time)]
    })
  return {
    save: (acks) =>
      state.step(() =>
        acks.flatMap((ack) => {
          const key = `${ack.user} ${ack.device} ${ack.feed}`
          const known = state.acks.get(key)
          if (known?.epoch === ack.epoch && known.seq >= ack.seq) return []
          state.acks.set(key, ack)
          return late(ack)
        }),
      ),
    ackOf: (user, device, feed, epoch) =>
      state.step(() => {
        const ack = state.acks.get(`${user} ${device} ${feed}`)
        return ack?.epoch === epoch ? ack : undefined
      }),
  }
}

const toRecord = (push: NewPush): KnownPush => {
  const { now: created, ...row } = push
  return {
    ...{ ...row, created, attempts: 0, position: 0, unknown: 0, push: null, collapse: null, handle: null },
    ...{ provider: null, ref: null, accepted: null, acked: null, shown: null, trail: [firstStep(push)] },
    claimed_until: 0,
  }
}

const withoutTrail = ({ trail: _, ...row }: KnownPush): Omit<KnownPush, 'trail'> => row

/** As it is after its first claim. */
const asSent = ({ trail: _, claimed_until: __, push, ...row }: KnownPush): PushRow[] =>
  push === null ? [] : [{ ...row, push }]

export function memoryLedger(state: State): PushLedger {
  const rows = (): KnownPush[] => [...state.pushes.values()].sort((a, b) => a.created - b.created)
  const openNudges = () =>
    [...state.nudges.values()].flatMap((row) => (row.due === null ? [] : [{ ...row, due: row.due }]))
  const rowsOf = ({ user, device }: { user: string; device: string }): KnownPush[] =>
    rows().filter((row) => row.user === user && row.device === device)
  const acceptedSince = (key: { user: string; device: string }, since: number): Map<string, number> => {
    const pushes = new Map<string, number>()
    for (const { push, accepted } of rowsOf(key))
      if (push !== null && accepted !== null && accepted > since)
        pushes.set(push, Math.max(accepted, pushes.get(push) ?? 0))
    return pushes
  }
  const change = (keys: readonly PushKey[], changes: Partial<KnownPush>): void => {
    for (const key of keys) {
      const row = state.pushes.get(nameOf(key))
      if (row) state.pushes.set(nameOf(key), { ...row, ...changes })
    }
  }
  const isFree = ({ claimed_until: until }: KnownPush, now: number): boolean => until <= now
  const isDue = (row: KnownPush, now: number): boolean =>
    row.due !== null && row.due <= now && isFree(row, now)

  const settle = (settlement: Settlement, key: PushKey): void => {
    const found = state.pushes.get(nameOf(key))
    const feed = state.feeds.get(key.feed)
    if (!found) return
    const read = state.reads.get(`${key.user} ${key.feed}`) ?? { epoch: null, ranges: [] }
    save(
      state,
      found,
      settled(found, settlement, feed && { ...read, present: feed.epoch, from: feed.from }),
      0,
    )
  }

  return {
    findDue: (now) =>
      state.step(() => {
        const [sweeps, nudges] = [[...state.sweeps.values()], [...state.nudges.values()]]
        return {
          sweeps: sweeps.some(({ due, claimedUntil }) => due <= now && claimedUntil <= now),
          pushes: rows().some((row) => isDue(row, now)),
          nudges: nudges.some((row) => row.due !== null && row.due <= now && row.claimed_until <= now),
        }
      }),
    claimSweep: ({ now, until, mostDue = Infinity }) =>
      state.step(() => {
        if (rows().filter((row) => row.due !== null && row.due <= now).length >= mostDue) return undefined
        const due = [...state.sweeps.values()].filter((one) => one.due <= now && one.claimedUntil <= now)
        const sweep = due.sort((a, b) => a.due - b.due)[0]
        if (sweep) state.sweeps.set(sweep.id, { ...sweep, claimedUntil: until })
        return sweep
      }),
    advanceSweep: ({ id, after, until, pushes }) =>
      state.step(() => {
        const sweep = state.sweeps.get(id)
        if (sweep) state.sweeps.set(id, { ...sweep, after, claimedUntil: until })
        for (const push of pushes)
          if (!state.pushes.has(nameOf(push))) state.pushes.set(nameOf(push), toRecord(push))
      }),
    finishSweep: (id, next) =>
      state.step(() => {
        const sweep = state.sweeps.get(id)
        if (next === null || !sweep) state.sweeps.delete(id)
        else
          state.sweeps.set(id, {
            ...{ ...sweep, stage: 'present', due: next, claimedUntil: 0 },
            after: { user: '', device: '' },
          })
      }),
    sweepDue: (feed, seq) =>
      state.step(
        () =>
          [...state.sweeps.values()].find((one) => one.feed === feed && one.first <= seq && one.last >= seq)
            ?.due,
      ),
    claimPushes: ({ now, until, limit }) =>
      state.step(() => {
        const keys = new Map(
          rows()
            .filter((row) => isDue(row, now))
            .sort((a, b) => (a.due ?? 0) - (b.due ?? 0))
            .map((row) => [`${row.user} ${row.device}`, row]),
        )
        return [...keys.values()].slice(0, limit).map((key) => {
          const due = rowsOf(key).filter((row) => isDue(row, now))
          const later = rowsOf(key).filter((row) => row.due !== null && row.due > now && isFree(row, now))
          const named = nameForSending([...due, ...later.filter(goesAlong(due))].map(withoutTrail))
          for (const row of named) change([row], { ...row, claimed_until: until })
          return named
        })
      }),
    settle: (settlements) =>
      state.step(() => {
        for (const settlement of settlements) for (const key of settlement.keys) settle(settlement, key)
      }),
    keepHandle: (keys, handle) =>
      state.step(() => {
        change(keys, { handle })
      }),
    join: (keys, collapse) =>
      state.step(() => {
        change(keys, { collapse })
      }),
    noteReceipt: (provider, ref, step) =>
      state.step(() => {
        const known = rows().filter((row) => row.provider === provider && row.ref === ref)
        for (const row of known) save(state, row, withReceipt(row, step))
        return known.length > 0
      }),
    recentPushes: (key, since, limit) =>
      state.step(() => [...acceptedSince(key, since).values()].sort((a, b) => b - a).slice(0, limit)),
    countPushes: (key, since) =>
      state.step(() => {
        const first = rowsOf(key).flatMap(({ accepted }) =>
          accepted !== null && accepted > since ? accepted : [],
        )
        return { count: acceptedSince(key, since).size, first: first.length > 0 ? Math.min(...first) : null }
      }),
    standing: (key, limit) =>
      state.step(() => {
        const newest = rowsOf(key).reverse()
        const taken = newest.filter(
          (row) => row.accepted !== null && row.acked === null && row.state === 'pushed',
        )
        const perhaps = newest.filter(
          (row) =>
            row.due !== null && row.state === 'waiting' && (row.unknown === 1 || row.claimed_until > 0),
        )
        return {
          taken: taken.slice(0, limit).flatMap(asSent),
          perhaps: perhaps.slice(0, limit).flatMap(asSent),
        }
      }),
    pushedTo: (key) =>
      state.step(() => rowsOf(key).filter(({ accepted, acked }) => accepted !== null && acked === null)),
    shownAs: (collapse) =>
      state.step(() =>
        rows()
          .filter((row) => row.collapse === collapse)
          .filter((row) => row.accepted !== null || row.unknown === 1 || row.claimed_until > 0)
          .map((row) => ({ ...row, from: state.feeds.get(row.feed)?.from ?? 1 })),
      ),
    pushOf: (key, feed, epoch, seq) =>
      state.step(() =>
        rowsOf(key).find(
          (row) => row.feed === feed && row.epoch === epoch && row.first <= seq && row.last >= seq,
        ),
      ),
    deadLetters: (limit) =>
      state.step(() =>
        rows()
          .filter((row) => row.state === 'dead')
          .reverse()
          .slice(0, limit)
          .map(({ feed, epoch, first, last, user, device, reason, created, trail }): DeadLetter => {
            const log = state.feeds.get(feed)
            const message = log?.epoch === epoch ? (log.messages.get(first)?.id ?? null) : null
            return { ...{ message, feed, first, last, user, device, reason }, time: created, events: trail }
          }),
      ),
    replay: (message, now, limit) =>
      state.step(() => {
        const asked = { ...(message && { feed: message.feed, seq: message.seq }), now, limit }
        const meant = rows().filter((row) => row.state === 'dead' && isMeant(row, asked))
        for (const row of meant.slice(0, limit)) save(state, row, replayed(row, now), 0)
        return Math.min(limit, meant.length)
      }),
    resume: (now, latest) =>
      state.step(() => {
        for (const sweep of state.sweeps.values()) {
          sweep.claimedUntil = 0
          if (sweep.due > latest) sweep.due = now
        }
        for (const row of rows()) {
          if (row.due === null) continue
          const isHeld =
            row.state === 'clearing' || (row.state === 'waiting' && KNOWN_IN_MEMORY.includes(row.reason))
          const due = row.due > latest || (isHeld && row.due > now) ? now : row.due
          state.pushes.set(nameOf(row), { ...row, due, claimed_until: row.claimed_until > 0 ? 1 : 0 })
        }
        for (const row of openNudges()) {
          const isHeld = KNOWN_IN_MEMORY.includes(row.reason)
          const due = row.due > latest || (isHeld && row.due > now) ? now : row.due
          state.nudges.set(row.id, { ...row, due, claimed_until: row.claimed_until > 0 ? 1 : 0 })
        }
      }),
    shift: (by, to, now) =>
      state.step(() => {
        if (by > 0) {
          for (const [id, sweep] of state.sweeps)
            if (sweep.created <= to) state.sweeps.set(id, { ...sweep, created: sweep.created + by })
          for (const row of rows())
            if (row.due !== null && row.created <= to)
              state.pushes.set(nameOf(row), { ...row, created: row.created + by })
          for (const row of openNudges())
            if (row.created <= to) state.nudges.set(row.id, { ...row, created: row.created + by })
          return
        }
        for (const row of rows())
          if (row.reason === 'clock_doubted' && row.due !== null && row.due > now)
            state.pushes.set(nameOf(row), { ...row, due: now })
        for (const sweep of state.sweeps.values()) if (sweep.due > to || sweep.created > now) sweep.due += by
        for (const row of rows())
          if (row.due !== null && (row.created > now || row.due > to))
            state.pushes.set(nameOf(row), {
              ...row,
              due: row.due + by,
              created: row.created > now ? row.created + by : row.created,
            })
        for (const row of rows())
          if (row.accepted !== null && row.accepted > now)
            state.pushes.set(nameOf(row), { ...row, accepted: row.accepted + by })
        for (const row of openNudges())
          if (row.created > now || row.due > to)
            state.nudges.set(row.id, {
              ...row,
              due: row.due + by,
              created: row.created > now ? row.created + by : row.created,
            })
      }),
    forget: (before, limit) =>
      state.step(() => {
        const old = rows().filter(({ created, due }) => due === null && created < before)
        for (const row of old.slice(0, limit)) state.pushes.delete(nameOf(row))
        return Math.min(limit, old.length)
      }),
  }
}
