import { frame } from '../../ws/client-frames'
import { Chance } from '../../simulation/chance'
import { makeScript, type FrameScript } from './frame-script'
import { FuzzSocket } from './fuzz-socket'
import { inPieces } from './junk'
import type { SocketWorld } from './legal-frames'
import { inLanes, type Failure } from './lanes'

/** In which every socket is welcomed, ended or answers a ping: a machine may stand still for a while, a hang does not end. */
const PATIENCE_MS = 30_000

export interface FrameOrder {
  readonly url: string
  readonly world: SocketWorld
  readonly seed: string
  /** Sockets are opened until so many frames went out. */
  readonly frames: number
  /** The first socket; to see a failure again. */
  readonly first?: number
  readonly lanes: number
  /** Another socket is done. */
  readonly onSocket?: (done: number, framesSent: number) => void
}

export interface FrameTally {
  sockets: number
  frames: number
  /** How often each kind of script was run, and how each socket ended. */
  readonly kinds: Record<string, number>
  readonly ends: Record<string, number>
  readonly failures: Failure[]
}

/** Says random, broken and legal things on many sockets, and judges how each of them ends. */
export async function fuzzFrames(order: FrameOrder): Promise<FrameTally> {
  const tally: FrameTally = { sockets: 0, frames: 0, kinds: {}, ends: {}, failures: [] }
  const hasMore = (): boolean => tally.frames < order.frames
  await inLanes(order.lanes, hasMore, order.first ?? 0, async (index) => {
    const chance = new Chance(order.seed, 'socket', index)
    const script = makeScript(chance, order.world)
    tally.sockets += 1
    tally.frames += script.frames
    count(tally.kinds, script.kind)
    const end = await runScript(order.url, script, chance)
    count(tally.ends, end.name)
    if (end.problem !== undefined)
      tally.failures.push({ index, what: `${script.kind} script: ${end.problem}` })
    order.onSocket?.(tally.sockets, tally.frames)
  })
  return tally
}

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1
}

interface End {
  readonly name: string
  readonly problem?: string
}

async function runScript(url: string, script: FrameScript, chance: Chance): Promise<End> {
  const socket = new FuzzSocket(url)
  try {
    if (!(await socket.until(() => socket.isUpgraded || socket.isEnded, PATIENCE_MS)))
      return { name: 'hang', problem: 'the upgrade was not answered' }
    if (!socket.isUpgraded)
      return { name: 'refused', problem: socket.problem ?? 'the connection was refused' }
    await socket.write(script.hello)
    const isHeard =
      !script.waits || (await socket.until(() => socket.isWelcome || socket.isEnded, PATIENCE_MS))
    if (!isHeard) return { name: 'hang', problem: 'the hello was not answered' }
    for (const piece of inPieces(chance, script.bytes)) {
      if (socket.isEnded) break
      await socket.write(piece)
    }
    const end = await finish(socket, script)
    return socket.problem === undefined ? end : { ...end, problem: socket.problem }
  } finally {
    socket.reset()
  }
}

async function finish(socket: FuzzSocket, script: FrameScript): Promise<End> {
  if (script.ending === 'reset') return { name: 'reset' }
  const asks = script.ending === 'ask' && isWhole(script.bytes)
  const question = 'are you there'
  if (asks) await socket.write(frame({ opcode: 9, payload: Buffer.from(question) }))
  else socket.endHalf()
  const isDone = (): boolean => socket.isEnded || (asks && socket.hasPong(question))
  if (!(await socket.until(isDone, PATIENCE_MS)))
    return { name: 'hang', problem: asks ? 'it neither ended nor answered a ping' : 'it did not end' }
  return { name: socket.isEnded ? `closed ${socket.closeCode ?? 'without a code'}` : 'answered a ping' }
}

/** Whether the last frame is whole: in the midst of one nobody can answer. */
function isWhole(bytes: Buffer): boolean {
  let at = 0
  while (at + 2 <= bytes.length) {
    const second = bytes.readUInt8(at + 1)
    const short = second & 0x7f
    const size = short < 126 ? 2 : short === 126 ? 4 : 10
    if (at + size > bytes.length) return false
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    at += size + ((second & 0x80) !== 0 ? 4 : 0) + length
  }
  return at === bytes.length
}
