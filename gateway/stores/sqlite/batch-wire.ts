import type { AppendArgs, AppendResult } from './feed-commands'
import type { IdempotencyKey } from '../../contracts/feed-log'
import type { Call } from './commands'

/**
 * How calls and their outcomes travel between the two threads. A structured clone of an object for each append costs
 * more than its row in the database, so appends that stand side by side become one flat list; the rest goes as it is.
 */
export type CallsOnWire = readonly (Call | AppendsOnWire)[]

/** Six values for each append, in the order of `flatten`. */
interface AppendsOnWire {
  readonly appends: unknown[]
}

/** What became of one call. `storage`: the disk refused, and nothing of the batch was kept. */
export type Outcome = { ok: true; result: unknown } | { ok: false; kind: 'storage' | 'fault'; detail: string }

/** An outcome as itself, or the four values of an append that went well, flat in the list. */
export type OutcomesOnWire = readonly unknown[]

const APPEND_FIELDS = 6

export function encodeCalls(calls: readonly Call[]): CallsOnWire {
  const wire: (Call | AppendsOnWire)[] = []
  let run: unknown[] | undefined
  for (const call of calls) {
    if (call.name !== 'append') {
      wire.push(call)
      run = undefined
      continue
    }
    if (!run) wire.push({ appends: (run = []) })
    const { feed, json, key, id, newEpoch, now } = call.args as AppendArgs
    run.push(feed, json, key, id, newEpoch, now)
  }
  return wire
}

export function decodeCalls(wire: CallsOnWire): Call[] {
  return wire.flatMap((part) => ('appends' in part ? readAppends(part.appends) : [part]))
}

function readAppends(fields: readonly unknown[]): Call<'append'>[] {
  const calls: Call<'append'>[] = []
  for (let at = 0; at < fields.length; at += APPEND_FIELDS) {
    calls.push({
      name: 'append',
      args: {
        feed: fields[at] as string,
        json: fields[at + 1] as string,
        key: fields[at + 2] as IdempotencyKey | undefined,
        id: fields[at + 3] as string,
        newEpoch: fields[at + 4] as string,
        now: fields[at + 5] as number,
      },
    })
  }
  return calls
}

export function encodeOutcomes(calls: readonly Call[], outcomes: readonly Outcome[]): OutcomesOnWire {
  const wire: unknown[] = []
  outcomes.forEach((outcome, index) => {
    const result =
      outcome.ok && calls[index]?.name === 'append' ? (outcome.result as AppendResult) : undefined
    if (result?.kind === 'appended') wire.push(result.epoch, result.from, result.seq, result.time)
    else wire.push(outcome)
  })
  return wire
}

export function decodeOutcomes(wire: OutcomesOnWire): Outcome[] {
  const outcomes: Outcome[] = []
  for (let at = 0; at < wire.length;) {
    const first = wire[at++]
    if (typeof first !== 'string') {
      outcomes.push(first as Outcome)
      continue
    }
    const [from, seq, time] = [wire[at++], wire[at++], wire[at++]] as [number, number, number]
    outcomes.push({ ok: true, result: { kind: 'appended', epoch: first, from, seq, time } })
  }
  return outcomes
}
