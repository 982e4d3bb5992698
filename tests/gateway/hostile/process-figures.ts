import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { GatewayProcess } from '../../../e2e/gateway-process'

/**
 * What the system says about a process from outside, so that nothing has to be asked of it while it is attacked. Where
 * there is no /proc, the process' own metrics say it.
 */
export interface ProcessFigures {
  /** Resident memory now, bytes. */
  memory(): Promise<number>
  /** The most memory since `forgetPeak`, bytes. */
  peakMemory(): Promise<number>
  forgetPeak(): void
  /** Open descriptors; NaN where nobody tells. */
  descriptors(): Promise<number>
}

export function figuresOf(gateway: GatewayProcess): ProcessFigures {
  return process.platform === 'linux' ? ofProc(gateway) : ofMetrics(gateway)
}

function ofProc({ pid }: GatewayProcess): ProcessFigures {
  const folder = `/proc/${pid}`
  const kilobytes = (name: string): number => {
    const text = readFileSync(`${folder}/status`, 'utf8')
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1]) * 1024
  }
  return {
    memory: async () => kilobytes('VmRSS'),
    peakMemory: async () => kilobytes('VmHWM'),
    // proc(5): "5" sets the peak to what there is now.
    forgetPeak: () => {
      writeFileSync(`${folder}/clear_refs`, '5')
    },
    descriptors: async () => readdirSync(`${folder}/fd`).length,
  }
}

function ofMetrics({ url }: GatewayProcess): ProcessFigures {
  const gauge = async (name: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text()
    return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
  }
  const memory = (): Promise<number> => gauge('process_resident_memory_bytes')
  return {
    ...{ memory, peakMemory: memory },
    forgetPeak: () => undefined,
    descriptors: () => gauge('process_open_fds'),
  }
}
