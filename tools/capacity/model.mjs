// The arithmetic of capacity. Every unit cost says where it was measured.

/**
 * @typedef {object} Demand
 * @property {number} users
 * @property {number} online  share of users who have a socket at the busiest moment
 * @property {number} messages  that a user gets in a day
 * @property {number} peak  how many times the mean the busiest second is
 * @property {number} bytes  of a message as JSON
 * @property {number} days  that messages are kept
 */

/** @typedef {{ value: number, unit: string, from: string }} UnitCost */

/** @satisfies {Record<string, UnitCost>} */
export const UNIT_COSTS = {
  socketsOfGateway: {
    value: 50_000,
    unit: 'sockets of one gateway',
    from: 'assumed: half a gigabyte and a tenth of a core by the figures below, with room for a return of all devices',
  },
  memoryOfSocket: {
    value: 5.8,
    unit: 'KB of memory for an idle socket',
    from: 'npm run bench:idle (19,880 sockets)',
  },
  processorOfIdle: { value: 1.9, unit: '% of a core for 10,000 idle sockets', from: 'npm run bench:idle' },
  joins: {
    value: 2400,
    unit: 'devices a second that come back to one gateway',
    from: 'npm run bench:joins (10,000 in 4.2 s, file)',
  },
  appendsOfFile: {
    value: 100_000,
    unit: 'durable appends a second on a file',
    from: 'npm run bench:append (256 senders)',
  },
  appendsOfDatabase: {
    value: 12_500,
    unit: 'durable appends a second on a primary with a synchronous standby, feeds at random',
    from: 'a probe on 2 cores, 2026-11-29; no command repeats it. On few feeds it was 37,000 to 57,000',
  },
  bytesBeside: {
    value: 600,
    unit: 'bytes that a message takes beside its JSON: indexes, and its key for a day',
    from: 'npm run check:move (100,000 messages and 50 devices: 84 MB as a file)',
  },
  busOfMessage: {
    value: 120,
    unit: 'bytes of a hint on the bus for a message',
    from: 'assumed: a feed, an epoch, two seqs',
  },
}

/** A machine is not planned full. */
const FILL = 0.7

/** Gateways of which one may be away. */
const SPARE_GATEWAYS = 1

/**
 * @param {Demand} demand
 * @param {Partial<Record<keyof typeof UNIT_COSTS, number>>} [measured] unit costs of one's own
 */
export function planFor(demand, measured = {}) {
  /** @param {keyof typeof UNIT_COSTS} name */
  const cost = (name) => measured[name] ?? UNIT_COSTS[name].value
  const sockets = Math.ceil(demand.users * demand.online)
  const perSecond = (demand.users * demand.messages) / 86_400
  const peakPerSecond = perSecond * demand.peak
  const kept = demand.users * demand.messages * demand.days
  const gatewaysNeeded = Math.max(1, Math.ceil(sockets / cost('socketsOfGateway')))
  const needsSeveral = gatewaysNeeded > 1
  const gateways = needsSeveral ? gatewaysNeeded + SPARE_GATEWAYS : 1
  return {
    sockets,
    perSecond,
    peakPerSecond,
    gateways,
    gatewayMemoryBytes: (sockets / gatewaysNeeded) * cost('memoryOfSocket') * 1000,
    idleCores: ((sockets / 10_000) * cost('processorOfIdle')) / 100,
    returnSeconds: sockets / gatewaysNeeded / cost('joins'),
    fitsFile: !needsSeveral && peakPerSecond <= FILL * cost('appendsOfFile'),
    primaries: Math.max(1, Math.ceil(peakPerSecond / (FILL * cost('appendsOfDatabase')))),
    diskBytes: kept * (demand.bytes + cost('bytesBeside')),
    busBytesPerSecond: needsSeveral ? peakPerSecond * cost('busOfMessage') * gateways : 0,
  }
}
