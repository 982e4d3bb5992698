import { Session, type Profiler } from 'node:inspector/promises'

const SAMPLE_US = 100

/** Processor time of an app's logic side, in us. */
export interface LogicTime {
  /** In the app's own code, with what it calls of the language. */
  readonly app: number
  /** In DCloud's runtime and its Vue. */
  readonly runtime: number
}

/** The files of a phone's logic context, which runs in this process; all else here is the emulator's and Node's. */
const PARTS: readonly (readonly [string, keyof LogicTime])[] = [
  ['app-service.js', 'app'],
  ['uni-app-plus.js', 'runtime'],
]

/**
 * Runs the work under V8's sampling profiler, and says how much of it was the logic side's. A function of the language
 * counts for who called it; the simulated native layer is left out, and so is the garbage collector.
 */
export async function profiled(work: () => Promise<void>): Promise<LogicTime> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
    await session.post('Profiler.start')
    await work()
    const { profile } = await session.post('Profiler.stop')
    return logicTime(profile)
  } finally {
    session.disconnect()
  }
}

function logicTime(profile: Profiler.Profile): LogicTime {
  const parts = partsOf(profile.nodes)
  const { samples = [], timeDeltas = [] } = profile
  const time = { app: 0, runtime: 0 }
  samples.forEach((id, index) => {
    const part = parts.get(id)
    if (part !== undefined) time[part] += timeDeltas[index] ?? 0
  })
  return time
}

/** By the id of a node of the call tree, whose it is. */
function partsOf(nodes: readonly Profiler.ProfileNode[]): ReadonlyMap<number, keyof LogicTime> {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parts = new Map<number, keyof LogicTime>()
  const visit = (id: number, caller: keyof LogicTime | undefined): void => {
    const { callFrame, children = [] } = byId.get(id) ?? raiseMissing(id)
    const { url } = callFrame
    const part = url === '' ? caller : PARTS.find(([file]) => url.endsWith(file))?.[1]
    if (part !== undefined) parts.set(id, part)
    for (const child of children) visit(child, part)
  }
  const [root] = nodes
  if (root !== undefined) visit(root.id, undefined)
  return parts
}

function raiseMissing(id: number): never {
  throw new Error(`the profile has no node ${String(id)}`)
}
