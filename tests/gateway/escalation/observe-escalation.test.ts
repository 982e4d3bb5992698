import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import type { CircuitName } from '../../../gateway/escalation/circuits'
import { observeEscalation } from '../../../gateway/escalation/observe-escalation'

it('shows what is left alone now: the provider, and whose service where it has several', async () => {
  const registry = new Registry()
  let open: CircuitName[] = [{ provider: 'apns' }, { provider: 'webpush', service: 'push.apple.com' }]
  observeEscalation(registry, pino({ level: 'silent' }), () => open)
  const shown = async () =>
    (await registry.getMetricsAsJSON()).find(({ name }) => /paused/.test(name))?.values
  expect(await shown()).toMatchObject([
    { labels: { provider: 'apns', service: '' }, value: 1 },
    { labels: { provider: 'webpush', service: 'push.apple.com' }, value: 1 },
  ])
  open = []
  expect(await shown()).toEqual([])
})
