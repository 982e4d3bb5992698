import { closeCodes, mayReconnect, retryHintMs, WELCOME_TIMEOUT_MS } from '@herald/protocol'

/** First backoff; a random part of it is waited (full jitter). It is doubled, up to the cap, by waits of at least its half. */
export const BACKOFF_BASE_MS = 1_000
export const BACKOFF_CAP_MS = 60_000

/** How long the handshake may take. */
export const CONNECT_TIMEOUT_MS = 15_000

/** And that of a dial that began just before the network was back: it may go over the one that was lost. */
export const DOUBTED_DIAL_MS = 5_000

/** How long an answer to a heartbeat may take. */
export const PONG_TIMEOUT_MS = 10_000

/** How long an answer may take when the socket is doubted: on foreground, or after the app was frozen. */
export const PROBE_TIMEOUT_MS = 3_000

/** A timer that fires this much late says that the app was frozen, or that the clock was set. */
export const FROZEN_MS = 5_000

/**
 * `attempt` is how often the backoff was doubled since a connection was proved good. `dueAt` is when the state's one timer should fire,
 * by the wall clock: phones freeze timers. `code` is what closed the last socket, 0 when nothing did.
 */
export type State =
  | { readonly name: 'stopped'; readonly code: number }
  | { readonly name: 'suspended' }
  | { readonly name: 'waiting'; readonly attempt: number; readonly code: number; readonly dueAt: number }
  | {
      readonly name: 'connecting'
      readonly attempt: number
      readonly startedAt: number
      readonly dueAt: number
    }
  | {
      readonly name: 'live'
      readonly attempt: number
      readonly heartbeatMs: number
      /** `quiet`: a heartbeat is sent when the timer fires. `probing`: an answer is awaited until it fires. */
      readonly phase: 'quiet' | 'probing'
      readonly dueAt: number
    }

export type Event =
  /** Somebody wants a connection now: sign-in, the reconnect button, leadership among tabs. */
  | { readonly type: 'start' }
  /** There is a new token: the next hello carries it. */
  | { readonly type: 'renewed' }
  /** Nobody wants one: sign-out. */
  | { readonly type: 'stop' }
  /** The platform freezes the app, and takes its socket. */
  | { readonly type: 'suspend' }
  | { readonly type: 'foreground' }
  | { readonly type: 'networkRegained' }
  | { readonly type: 'networkLost' }
  | { readonly type: 'opened' }
  | { readonly type: 'welcomed'; readonly heartbeatMs: number }
  /** Any frame. */
  | { readonly type: 'heard' }
  /** The answer to a heartbeat. */
  | { readonly type: 'pong' }
  /** The gateway broke the protocol, or messages are missing: only a new hello helps. */
  | { readonly type: 'broken'; readonly reason: string }
  /** The server lets nobody in, and the same try would fail the same way. `code` is of those after which nobody dials. */
  | { readonly type: 'refused'; readonly code: number }
  | { readonly type: 'closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'timer' }

export type Effect =
  | { readonly type: 'dial' }
  | { readonly type: 'hello' }
  | { readonly type: 'ping' }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
  /** Replaces the one timer. */
  | { readonly type: 'timer'; readonly ms: number }
  | { readonly type: 'clearTimer' }

/** What the machine cannot know by itself. `random` is in [0, 1). */
export interface Moment {
  readonly now: number
  readonly random: number
}

export interface Step {
  readonly state: State
  readonly effects: readonly Effect[]
}

/** What another token can mend. */
const tokenCloses: ReadonlySet<number> = new Set([closeCodes.token_invalid, closeCodes.token_expired])

export const initialState: State = { name: 'stopped', code: 0 }

/** The connection's next state and what to do for it. Pure: time and chance come in with the event. */
export function next(state: State, event: Event, moment: Moment): Step {
  if (event.type === 'stop') return halt(state, { name: 'stopped', code: 0 }, 'sign-out')
  if (event.type === 'suspend') {
    return state.name === 'stopped' ? stay(state) : halt(state, { name: 'suspended' }, 'suspended')
  }
  switch (state.name) {
    case 'stopped':
      return fromStopped(state, event, moment)
    case 'suspended':
      return event.type === 'start' || event.type === 'foreground' ? dial(0, moment) : stay(state)
    case 'waiting':
      return fromWaiting(state, event, moment)
    case 'connecting':
      return fromConnecting(state, event, moment)
    case 'live':
      return fromLive(state, event, moment)
  }
}

function fromStopped(state: Of<'stopped'>, event: Event, moment: Moment): Step {
  // Another holder of this device's id took over (a second tab without BroadcastChannel): who is looked at wins.
  const takesBack = event.type === 'foreground' && state.code === closeCodes.replaced
  const letsIn = event.type === 'renewed' && tokenCloses.has(state.code)
  return event.type === 'start' || takesBack || letsIn ? dial(0, moment) : stay(state)
}

function fromWaiting(state: Of<'waiting'>, event: Event, moment: Moment): Step {
  switch (event.type) {
    case 'start':
    case 'foreground':
    case 'networkRegained':
    case 'renewed':
    case 'timer':
      return dial(state.attempt, moment)
    default:
      return stay(state)
  }
}

function fromConnecting(state: Of<'connecting'>, event: Event, moment: Moment): Step {
  switch (event.type) {
    case 'opened': {
      const dueAt = moment.now + WELCOME_TIMEOUT_MS
      return {
        state: { ...state, dueAt },
        effects: [{ type: 'hello' }, { type: 'timer', ms: WELCOME_TIMEOUT_MS }],
      }
    }
    case 'welcomed':
      return goLive(state.attempt, event.heartbeatMs, moment)
    case 'closed':
      return fail(state.attempt, event.code, event.reason, moment)
    case 'broken':
      return prepend(CLOSE_BROKEN(event.reason), fail(state.attempt, 0, '', moment))
    case 'refused':
      return halt(state, { name: 'stopped', code: event.code }, 'refused')
    case 'renewed':
      return prepend(CLOSE_RENEWED, dial(state.attempt, moment))
    case 'timer':
      return prepend(CLOSE_SILENT, fail(state.attempt, 0, '', moment))
    case 'start':
    case 'foreground':
    case 'networkRegained':
      // A dial over the old network, or one that was frozen with the app, hangs until its timer.
      if (isStuck(state, event, moment)) return prepend(CLOSE_SILENT, dial(state.attempt, moment))
      return event.type === 'networkRegained' ? doubt(state, moment) : stay(state)
    default:
      return stay(state)
  }
}

function isStuck(state: Of<'connecting'>, event: Event, { now }: Moment): boolean {
  const age = now - state.startedAt
  return now > state.dueAt || age < 0 || (event.type === 'networkRegained' && age > BACKOFF_BASE_MS)
}

/** Leaves a dial less time than it had. */
function doubt(state: Of<'connecting'>, { now }: Moment): Step {
  const dueAt = now + DOUBTED_DIAL_MS
  if (dueAt >= state.dueAt) return stay(state)
  return { state: { ...state, dueAt }, effects: [{ type: 'timer', ms: DOUBTED_DIAL_MS }] }
}

function fromLive(state: Of<'live'>, event: Event, moment: Moment): Step {
  switch (event.type) {
    case 'heard':
      return state.phase === 'probing' ? beQuiet(state, moment) : stay(state)
    case 'pong': {
      const proved = state.attempt === 0 ? state : { ...state, attempt: 0 }
      return state.phase === 'probing' ? beQuiet(proved, moment) : stay(proved)
    }
    case 'timer':
      return onLiveTimer(state, moment)
    case 'start':
    case 'foreground':
    case 'networkLost':
    case 'networkRegained':
      return probe(state, PROBE_TIMEOUT_MS, moment)
    case 'renewed':
      // The gateway takes a device for gone only some seconds after its socket closed: nothing is pushed between the two.
      return prepend(CLOSE_RENEWED, dial(state.attempt, moment))
    case 'broken':
      return prepend(CLOSE_BROKEN(event.reason), fail(state.attempt, 0, '', moment))
    case 'refused':
      return halt(state, { name: 'stopped', code: event.code }, 'refused')
    case 'closed':
      return fail(state.attempt, event.code, event.reason, moment)
    default:
      return stay(state)
  }
}

function onLiveTimer(state: Of<'live'>, moment: Moment): Step {
  // After a freeze the answer may lie unread in the queue: ask again before the socket is given up.
  const late = moment.now - state.dueAt > FROZEN_MS
  if (late) return probe(state, PROBE_TIMEOUT_MS, moment)
  if (state.phase === 'quiet') return probe(state, PONG_TIMEOUT_MS, moment)
  return prepend(CLOSE_SILENT, fail(state.attempt, 0, '', moment))
}

function goLive(attempt: number, heartbeatMs: number, { now }: Moment): Step {
  const state: State = { name: 'live', attempt, heartbeatMs, phase: 'quiet', dueAt: now + heartbeatMs }
  return { state, effects: [{ type: 'timer', ms: heartbeatMs }] }
}

function beQuiet(state: Of<'live'>, { now }: Moment): Step {
  const effects: Effect[] = [{ type: 'timer', ms: state.heartbeatMs }]
  return { state: { ...state, phase: 'quiet', dueAt: now + state.heartbeatMs }, effects }
}

function probe(state: Of<'live'>, ms: number, { now }: Moment): Step {
  const effects: Effect[] = [{ type: 'ping' }, { type: 'timer', ms }]
  return { state: { ...state, phase: 'probing', dueAt: now + ms }, effects }
}

function dial(attempt: number, { now }: Moment): Step {
  const state: State = { name: 'connecting', attempt, startedAt: now, dueAt: now + CONNECT_TIMEOUT_MS }
  return { state, effects: [{ type: 'dial' }, { type: 'timer', ms: CONNECT_TIMEOUT_MS }] }
}

function fail(attempt: number, code: number, reason: string, { now, random }: Moment): Step {
  if (!mayReconnect(code)) return { state: { name: 'stopped', code }, effects: [{ type: 'clearTimer' }] }
  const mayHint = code === closeCodes.going_away || code === closeCodes.busy
  const hint = mayHint ? retryHintMs(reason) : 0
  const most = hint > 0 ? hint : Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 10))
  const ms = Math.round(random * most)
  // Three short draws would else make a phone wait 8 s for a gateway that was away for one.
  const doubled = ms >= most / 2 ? attempt + 1 : attempt
  return {
    state: { name: 'waiting', attempt: doubled, code, dueAt: now + ms },
    effects: [{ type: 'timer', ms }],
  }
}

function halt(state: State, halted: State, reason: string): Step {
  const close: Effect[] =
    state.name === 'connecting' || state.name === 'live' ? [{ type: 'close', code: 1000, reason }] : []
  return { state: halted, effects: [...close, { type: 'clearTimer' }] }
}

type Of<Name extends State['name']> = Extract<State, { name: Name }>

const stay = (state: State): Step => ({ state, effects: [] })

const prepend = (effect: Effect, step: Step): Step => ({
  state: step.state,
  effects: [effect, ...step.effects],
})

// A page may close with 1000 and 3000-4999 only, and 4000-4999 are the gateway's words.
const CLOSE_BROKEN = (reason: string): Effect => ({ type: 'close', code: 3000, reason })
const CLOSE_RENEWED: Effect = { type: 'close', code: 1000, reason: 'renewed' }
const CLOSE_SILENT: Effect = { type: 'close', code: 3001, reason: 'silent' }
