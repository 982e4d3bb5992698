import type { DeliveryReason } from '@herald/protocol'
import { allRows } from '../stores/sqlite/statements'
import type { Store } from '../stores/sqlite/engine'
import { buildClear } from './alerts'
import { circuitOf, type Circuits } from './circuits'
import type { Settlement } from '../stores/sqlite/push-commands'
import { hasUnread, pushOnScreen, type PushKey, type PushRow } from '../stores/sqlite/push-rows'
import { retryDelay } from './retry'
import { ask, healthOf } from './ring'
import type { SenderOptions } from './sender'

/** Tries of a clear; what is on the screen after that goes when the app is opened. */
const MAX_ATTEMPTS = 4

/** A clear that comes later than this finds nothing that anybody still looks at (ms). */
const CLEAR_LIFE_MS = 3_600_000

type ClearOptions = Pick<
  SenderOptions,
  'knowledge' | 'situations' | 'now' | 'findProvider' | 'recipientOf' | 'badgeOf' | 'observer'
>

/**
 * Takes back what was pushed to a device and has been read since: one clear for each push that was made. Of a push for
 * several messages it names the ones that were read, and the push itself only when nothing of it is unread.
 */
export async function takeBack(
  rows: readonly PushRow[],
  options: ClearOptions,
  circuits: Circuits,
  signal: AbortSignal,
): Promise<void> {
  const pushes = new Map<string, [PushRow, ...PushRow[]]>()
  for (const row of rows) {
    const name = pushOnScreen(row)
    const known = pushes.get(name)
    if (known) known.push(row)
    else pushes.set(name, [row])
  }
  const settlements: Settlement[] = []
  for (const group of pushes.values()) settlements.push(await clearOne(group, options, circuits, signal))
  await options.knowledge.store.write('settlePushes', settlements)
}

async function clearOne(
  rows: readonly [PushRow, ...PushRow[]],
  options: ClearOptions,
  circuits: Circuits,
  signal: AbortSignal,
): Promise<Settlement> {
  const [row] = rows
  const now = options.now()
  const settle = (
    state: 'cleared' | 'clearing',
    reason: DeliveryReason,
    due: number | null,
    detail?: string,
  ) => ({
    ...{ keys: rows, state, reason, due, attempts: row.attempts + 1 },
    step: {
      time: options.now(),
      reason,
      ...(row.provider && { provider: row.provider }),
      ...(detail !== undefined && { detail }),
    },
  })
  const registration = options.knowledge.devices
    .registrationsOf(row.user, row.device)
    .find(({ provider }) => provider === row.provider)
  const provider = registration && options.findProvider(registration.provider, registration.app)
  if (!provider) return settle('cleared', 'clear_failed', null, 'there is no way to the device any more')
  if (!provider.clears) return settle('cleared', 'clear_failed', null, 'the service cannot take a push back')
  // Waited for before the circuit is entered: a trial that nothing comes of would hold up the others.
  const messages = (await Promise.all(rows.map((each) => options.situations.messages(each)))).flat()
  const newest = messages.toSorted((a, b) => a.time - b.time || a.seq - b.seq).at(-1)
  // The log no longer has them: nothing names what is on the screen.
  if (!newest) return settle('cleared', 'clear_failed', null, 'the message is no longer retained')
  const pass = circuits.enter(circuitOf(provider, registration), now)
  if (!('life' in pass)) {
    const late = pass.until > (row.accepted ?? now) + CLEAR_LIFE_MS
    return late ? settle('cleared', 'clear_failed', null) : settle('clearing', 'read', pass.until)
  }
  const context = {
    ...{ recipient: options.recipientOf(row.user), badge: options.badgeOf(row.user), pushId: row.push },
    expires: now + CLEAR_LIFE_MS,
  }
  const ids = messages.map(({ id }) => id)
  const { name, ref } = nameOnScreen(rows, newest.id, options)
  const build = () => buildClear(ids, name, ref, context)
  const outcome = await ask(provider, registration, build, signal)
  circuits.hear(pass, healthOf(outcome), options.now())
  options.observer.outcome(
    provider.name,
    `clear_${outcome.type}`,
    'why' in outcome ? outcome.why : undefined,
    0,
  )
  if (outcome.type === 'accepted') return settle('cleared', 'cleared', null)
  const why = outcome.why
  if (outcome.type === 'retry' && row.attempts + 1 < MAX_ATTEMPTS)
    return settle('clearing', 'read', options.now() + retryDelay(row.attempts + 1, outcome.afterMs), why)
  return settle('cleared', 'clear_failed', null, why)
}

/**
 * How a clear calls what it takes back. Under the name of a push that counts unread messages too, it would take those
 * off the screen.
 */
function nameOnScreen(
  rows: readonly [PushRow, ...PushRow[]],
  newest: string,
  { knowledge, situations }: ClearOptions,
): { name: string; ref: string | null } {
  const [{ collapse }] = rows
  if (collapse !== null && isStillUnread(collapse, knowledge.store, situations))
    return { name: newest, ref: null }
  return { name: collapse ?? newest, ref: rows.findLast((row) => row.ref !== null)?.ref ?? null }
}

/** Whether something is unread of what a push showed, or may have shown. */
function isStillUnread(collapse: string, store: Store, situations: SenderOptions['situations']): boolean {
  const rows = allRows<PushKey & { last: number; from: number }>(
    store.reader,
    `SELECT user, device, feed, pushes.epoch, pushes.first, last, feeds.first AS "from"
     FROM pushes JOIN feeds ON feeds.name = pushes.feed
     WHERE collapse = ? AND (accepted IS NOT NULL OR unknown = 1 OR claimed_until > 0)`,
    collapse,
  )
  return rows.some((row) => {
    const follow = situations.followOf(row.user, row.feed, row.epoch)
    return follow !== undefined && hasUnread(row, follow.read, row.from)
  })
}
