// Preloaded into a gateway that is measured (node --import): tells its parent how busy it is and how long its event
// loop was held up. Asked by the message 'usage', which also begins the next measurement.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { isMainThread } from 'node:worker_threads'

/** The histogram's own timer, whose length is part of each value (ms). */
const RESOLUTION_MS = 1

const NS_PER_MS = 1e6

if (isMainThread && process.send) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let loop = performance.eventLoopUtilization()
  let cpu = process.cpuUsage()
  process.on('message', (message) => {
    if (message !== 'usage') return
    const { user, system } = process.cpuUsage(cpu)
    process.send?.({
      loopP50: delay.percentile(50) / NS_PER_MS,
      loopP99: delay.percentile(99) / NS_PER_MS,
      loopMax: delay.max / NS_PER_MS,
      loopShare: performance.eventLoopUtilization(loop).utilization,
      cpuMs: (user + system) / 1000,
      residentBytes: process.memoryUsage().rss,
    })
    delay.reset()
    loop = performance.eventLoopUtilization()
    cpu = process.cpuUsage()
  })
  // The gateway ends when its own work has, whoever listens.
  process.channel?.unref()
}
