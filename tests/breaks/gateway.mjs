/** @type {import('../../scripts/breaks.mjs').Break[]} */
export const gatewayBreaks = [
  {
    name: 'an older socket that leaves takes the newer one’s place away',
    file: 'gateway/ws/hub.ts',
    text: "if (present !== connection) return 'here'",
    becomes: '',
    test: 'tests/gateway/ws/endpoint.test.ts',
    dies: 'leaves a device’s place to the newest socket when an older one leaves',
  },
  {
    name: 'a lower ack replaces a higher pending one',
    file: 'gateway/presence/ack-buffer.ts',
    text: 'if (before?.epoch === ack.epoch && before.seq > ack.seq) return',
    becomes: '',
    test: 'tests/gateway/devices/ack-ledger.test.ts',
    dies: 'stay where they were when a lower one comes before the disk has the higher',
  },
]
