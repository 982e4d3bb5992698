import { rangesHold, type DeliveryReason, type Message } from '@herald/protocol'
import {
  hasUnread,
  pushOnScreen,
  shownOf,
  toKey,
  type PushRow,
  type Settlement,
} from '../contracts/push-ledger'
import { buildClear } from './alerts'
import { circuitOf, type Circuits } from './circuits'
import { ask, healthOf, retryDelay } from './ring'
import type { SettlesPushes } from './ringer'
import type { SenderOptions } from './sender'
import type { Knowledge } from './situations'
import type { ClearAlert } from '../providers/provider'

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
  options: ClearOptions & SettlesPushes,
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
  await options.settle(settlements)
}

async function clearOne(
  rows: readonly [PushRow, ...PushRow[]],
  options: ClearOptions,
  circuits: Circuits,
  signal: AbortSignal,
): Promise<Settlement> {
  const [row] = rows
  const now = options.now()
  const settle = settlerOf(rows, options.now)
  const registrations = await options.knowledge.devices.registrationsOf(row.user, row.device)
  const registration = registrations.find(({ provider }) => provider === row.provider)
  const provider = registration && options.findProvider(registration.provider, registration.app)
  if (!provider) return settle('cleared', 'clear_failed', null, 'there is no way to the device any more')
  if (!provider.clears) return settle('cleared', 'clear_failed', null, 'the service cannot take a push back')
  // Waited for before the circuit is entered: a trial that nothing comes of would hold up the others.
  const build = await prepareClear(rows, options, now)
  // The log no longer has them: nothing names what is on the screen.
  if (!build) return settle('cleared', 'clear_failed', null, 'the message is no longer retained')
  const pass = circuits.enter(circuitOf(provider, registration), now)
  if (!('life' in pass)) {
    const late = pass.until > (row.accepted ?? now) + CLEAR_LIFE_MS
    return late ? settle('cleared', 'clear_failed', null) : settle('clearing', 'read', pass.until)
  }
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

/** Writes down what became of a clear. */
function settlerOf(rows: readonly [PushRow, ...PushRow[]], now: () => number) {
  const [{ attempts, provider }] = rows
  return (
    state: 'cleared' | 'clearing',
    reason: DeliveryReason,
    due: number | null,
    detail?: string,
  ): Settlement => ({
    ...{ keys: rows.map(toKey), state, reason, due, attempts: attempts + 1 },
    step: {
      time: now(),
      reason,
      ...(provider && { provider }),
      ...(detail !== undefined && { detail }),
    },
  })
}

/** Gathers what a clear says; undefined when the log has nothing of it any more. */
async function prepareClear(
  rows: readonly [PushRow, ...PushRow[]],
  options: ClearOptions,
  now: number,
): Promise<(() => ClearAlert) | undefined> {
  const [row] = rows
  const messages = (await Promise.all(rows.map((each) => shownMessages(each, options)))).flat()
  const newest = messages.toSorted((a, b) => a.time - b.time || a.seq - b.seq).at(-1)
  if (!newest) return undefined
  const { name, ref } = await nameOnScreen(rows, newest.id, options.knowledge)
  const context = {
    ...{ recipient: options.recipientOf(row.user), badge: await options.badgeOf(row.user), pushId: row.push },
    expires: now + CLEAR_LIFE_MS,
  }
  const ids = messages.map(({ id }) => id)
  return () => buildClear(ids, name, ref, context)
}

/** Of a row's messages those that its push showed: the others may lie on the screen by the app's own word, unread. */
async function shownMessages(row: PushRow, { situations }: ClearOptions): Promise<readonly Message[]> {
  const shown = shownOf(row)
  return (await situations.messages(row)).filter(({ seq }) => rangesHold(shown, seq))
}

/**
 * How a clear calls what it takes back. Under the name of a push that counts unread messages too, it would take those
 * off the screen.
 */
async function nameOnScreen(
  rows: readonly [PushRow, ...PushRow[]],
  newest: string,
  knowledge: Knowledge,
): Promise<{ name: string; ref: string | null }> {
  const [{ collapse }] = rows
  if (collapse !== null && (await isStillUnread(collapse, knowledge))) return { name: newest, ref: null }
  return { name: collapse ?? newest, ref: rows.findLast((row) => row.ref !== null)?.ref ?? null }
}

/** Whether something is unread of what a push showed, or may have shown. */
async function isStillUnread(collapse: string, { pushes, subscriptions }: Knowledge): Promise<boolean> {
  for (const row of await pushes.shownAs(collapse)) {
    const follow = await subscriptions.followOf(row.user, row.feed, row.epoch)
    if (follow !== undefined && hasUnread(row, follow.read, row.from)) return true
  }
  return false
}
