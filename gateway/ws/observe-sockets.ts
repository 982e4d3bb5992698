import type { ClientFrame } from '@herald/protocol'
import type { Logger } from 'pino'
import { Counter, Histogram, type Registry } from 'prom-client'
import { flatLines } from '../process/log'
import type { SocketObserver } from './context'

/** Seconds; from a phone that is looked at to one that was frozen. */
const ACK_BUCKETS_S = [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 300]

/** Counts what sockets do, and logs their coming and going. Nothing here has a token or a body to leak. */
export function observeSockets(registry: Registry, logger: Logger): SocketObserver {
  const lines = flatLines(logger)
  const registers = [registry]
  const opened = new Counter({
    name: 'herald_sockets_opened_total',
    help: 'Sockets that were opened.',
    registers,
  })
  const closed = new Counter({
    name: 'herald_sockets_closed_total',
    help: 'Sockets that were closed, by the name of the close code; `peer` when the other end did.',
    labelNames: ['name'] as const,
    registers,
  })
  /** Counted here, and told when somebody scrapes: the library looks labels up anew for each frame. */
  const frames = new Map<ClientFrame['type'], number>()
  new Counter({
    name: 'herald_frames_received_total',
    help: 'Frames of clients, by type.',
    labelNames: ['type'] as const,
    registers,
    collect() {
      this.reset()
      for (const [type, count] of frames) this.inc({ type }, count)
    },
  })
  const delivered = new Counter({
    name: 'herald_messages_delivered_total',
    help: 'Messages written to sockets as they were published, one for each socket.',
    registers,
  })
  const acked = new Histogram({
    name: 'herald_ack_seconds',
    help: 'Time from a message to a device’s ack of it, while it is the newest of its feed.',
    buckets: ACK_BUCKETS_S,
    registers,
  })
  return {
    opened: () => opened.inc(),
    // A stranger can have as many as he likes of those that are refused.
    answered: (details) => lines.debug(details, 'upgrade'),
    joined: (details) => lines.info(details, 'device joined'),
    received: (type) => frames.set(type, (frames.get(type) ?? 0) + 1),
    delivered: (messages) => delivered.inc(messages),
    acked: (ms) => acked.observe(ms / 1000),
    closed: ({ code, name, ...details }) => {
      closed.inc({ name })
      lines.info({ code, name, ...details }, 'socket closed')
    },
    fault: (error) => logger.error({ err: error }, 'socket fault'),
  }
}
