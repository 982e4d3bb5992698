import type { Deliveries, Delivery, DeliveryEvent } from '@herald/protocol'
import { formatClock, formatMoment } from './output'
import { describeStep, pushWord } from './push-words'

/** Enough of a device's id to tell it from the others. */
const SHOWN_OF_ID = 8

/** What became of a message on each device, for a person who asks why it did not arrive. Times are local. */
export function explain({ message, devices, more }: Deliveries): string {
  const { id, feed, seq, time, expires } = message
  const life = expires === undefined ? '' : `, worth a push until ${formatMoment(expires)}`
  const head = `${id}, number ${String(seq)} of ${feed}, published ${formatMoment(time)}${life}`
  const parts = devices.map((device) => explainDevice(device, time))
  if (parts.length === 0) parts.push(pushWord('delivery.none'))
  if (more !== null) parts.push(`These are the first ${String(devices.length)} devices; --limit shows more.`)
  return [head, ...parts].join('\n\n')
}

function explainDevice(delivery: Delivery, since: number): string {
  const { user, device, platform, next, events } = delivery
  const name = device.length > SHOWN_OF_ID ? `${device.slice(0, SHOWN_OF_ID)}…` : device
  const whose = pushWord('delivery.device', { user, device: `${pushWord(`platform.${platform}`)} ${name}` })
  const steps = events.map((event) => `  ${formatClock(event.time, since)}  ${describeStep(event)}`)
  if (next !== null) steps.push(`  ${pushWord('delivery.next', { time: formatClock(next, since) })}`)
  return [`${whose}: ${summarise(delivery, since)}`, ...steps].join('\n')
}

function summarise({ state, reason, events }: Delivery, since: number): string {
  const word = pushWord(`state.${state}`)
  const taken = events.findLast(isTaking)
  // Standing `pushed` means that no ack has come, whatever the service told of the push since.
  if (state !== 'pushed' || taken?.provider === undefined)
    return `${word.toLowerCase()}. ${pushWord(`reason.${reason}`)}`
  const by = `${word.toLowerCase()} by ${pushWord(`provider.${taken.provider}`)}`
  const how = taken.reason === 'summarised' ? ', in one push for several messages' : ' (accepted)'
  return `${by} at ${formatClock(taken.time, since)}${how}; not acknowledged yet`
}

const isTaking = ({ reason }: DeliveryEvent): boolean => reason === 'accepted' || reason === 'summarised'
