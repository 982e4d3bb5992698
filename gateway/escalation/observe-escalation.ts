import type { Logger } from 'pino'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { CircuitName } from './circuits'
import type { LateAck } from '../contracts/acks'
import type { RingObserver } from './ringer'

/** An ack this soon after a push says that the push was not needed (ms); a later one is somebody who opened the app. */
const FALSE_WITHIN_MS = 30_000

/** Seconds; the high end is a provider that hangs. */
const BUCKETS_S = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15]

export interface EscalationMetrics extends RingObserver {
  readonly late: (acks: readonly LateAck[]) => void
}

/** Counts and logs what becomes of pushes. No label grows with users, and no log line has a token or a text. */
export function observeEscalation(
  registry: Registry,
  logger: Logger,
  openCircuits: () => readonly CircuitName[],
): EscalationMetrics {
  const registers = [registry]
  const pushes = new Counter({
    name: 'herald_pushes_total',
    help: 'Answers of push services, by provider and outcome; clear_* are those to a push that takes one back.',
    labelNames: ['provider', 'outcome'] as const,
    registers,
  })
  const seconds = new Histogram({
    name: 'herald_push_seconds',
    help: 'Time from asking a push service to its answer.',
    labelNames: ['provider'] as const,
    buckets: BUCKETS_S,
    registers,
  })
  const late = new Counter({
    name: 'herald_false_escalations_total',
    help: 'Pushes whose message the app acked by itself within 30 s after the push had gone.',
    labelNames: ['provider'] as const,
    registers,
  })
  new Gauge({
    name: 'herald_provider_paused',
    help: '1 while a push service is left alone: it fails, its quota is used up, or it refuses our credentials. `service`: whose, where a provider speaks to several.',
    labelNames: ['provider', 'service'] as const,
    registers,
    collect() {
      this.reset()
      for (const { provider, service = '' } of openCircuits()) this.set({ provider, service }, 1)
    },
  })
  return {
    outcome(provider, outcome, why, ms) {
      pushes.inc({ provider, outcome })
      if (!outcome.startsWith('clear_')) seconds.observe({ provider }, ms / 1000)
      if (outcome === 'refused' || outcome === 'quota')
        logger.warn({ provider, outcome, why }, 'push refused')
      else if (outcome !== 'accepted') logger.info({ provider, outcome, why }, 'push not taken')
    },
    late(acks) {
      for (const { provider, afterMs } of acks)
        if (afterMs <= FALSE_WITHIN_MS) late.inc({ provider: provider ?? 'unknown' })
    },
    fault: (error) => logger.error({ err: error }, 'escalation fault'),
  }
}
