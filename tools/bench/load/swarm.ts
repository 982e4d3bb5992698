import { randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Dialect } from './dialect'
import type { Tally } from './tally'
import { FrameScanner, opcodes } from './websocket-frames'

/** Sockets that are being opened at the same time. */
const OPENING = 200

/** Sockets from one loopback address; a system has some 28,000 ports for one. */
const SOCKETS_PER_ADDRESS = 8000

/** Acks that are due within this leave together, ms; and how many such slots lie ahead at most. */
const SLOT_MS = 10
const SLOTS = 128

/** Parts of the time between two heartbeats, in each of which some of the sockets send theirs. */
const BEAT_PARTS = 1000

const READ_BYTES = 256 * 1024
const HEADERS_END = '\r\n\r\n'

const slotOf = (ms: number): number => Math.floor(ms / SLOT_MS)

export interface SwarmOptions {
  readonly port: number
  readonly sockets: number
  readonly dialect: Dialect
}

interface Member {
  readonly index: number
  readonly socket: Socket
  readonly scanner: FrameScanner
  phase: 'upgrading' | 'joining' | 'subscribed' | 'closed'
  ackDue: boolean
  /** Before this it does not ack again, ms of `performance.now`. */
  nextAckAt: number
  joined: () => void
}

/** Many subscribers as raw sockets, which share one buffer to read into and one wheel of timers. */
export class Swarm {
  readonly #options: SwarmOptions
  readonly #members: Member[] = []
  readonly #buffer = Buffer.allocUnsafe(READ_BYTES)
  readonly #acks: Member[][] = Array.from({ length: SLOTS }, () => [])
  readonly #timers: NodeJS.Timeout[] = []
  /** The last slot that was sent, counted from the start of the process. */
  #slot = slotOf(performance.now())
  #tally: Tally | undefined
  #fail: (error: Error) => void = () => undefined
  /** Rejects when a socket ends or gets what it should not. */
  readonly failed: Promise<never>

  constructor(options: SwarmOptions) {
    this.#options = options
    this.failed = new Promise<never>((_, reject) => (this.#fail = reject))
    this.failed.catch(() => undefined) // whoever waits for something races it with this
  }

  /** Opens and subscribes all sockets. */
  async open(): Promise<void> {
    // At once: where sockets are many the first need heartbeats before the last is open.
    this.#startTimers()
    let next = 0
    const worker = async (): Promise<void> => {
      while (next < this.#options.sockets) await this.#openOne(next++)
    }
    await Promise.race([Promise.all(Array.from({ length: OPENING }, worker)), this.failed])
  }

  /** From now on messages are counted by this tally. */
  count(tally: Tally): void {
    this.#tally = tally
  }

  /** Sends the acks that are due, then closes every socket and waits until they are gone. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer)
    for (const slot of this.#acks) this.#sendAcks(slot)
    await pause(50)
    const gone = this.#members.map((member) => {
      member.phase = 'closed'
      const closed = new Promise((resolve) => member.socket.once('close', resolve))
      // Reset: closed in order, the ports of ten thousand sockets would stay taken for a minute, and the next runs find none.
      member.socket.resetAndDestroy()
      return closed
    })
    await Promise.all(gone)
  }

  async #openOne(index: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({
        port: this.#options.port,
        host: '127.0.0.1',
        localAddress: `127.0.0.${2 + Math.floor(index / SOCKETS_PER_ADDRESS)}`,
        noDelay: true,
        onread: {
          buffer: this.#buffer,
          callback: (length) => {
            this.#guarded(member, () => this.#onBytes(member, this.#buffer.subarray(0, length)))
            return true
          },
        },
      })
      const member: Member = {
        ...{ index, socket, scanner: new FrameScanner() },
        ...{ phase: 'upgrading', ackDue: false, nextAckAt: 0, joined: resolve },
      }
      this.#members[index] = member
      socket.once('error', reject)
      socket.on('error', this.#fail)
      socket.on('close', () => {
        if (member.phase !== 'closed') this.#fail(new Error(`the server closed socket ${index}`))
      })
      socket.write(this.#upgradeRequest(index))
    })
  }

  #upgradeRequest(index: number): string {
    const { dialect, port } = this.#options
    return [
      `GET ${dialect.path(index)} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(dialect.subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${dialect.subprotocol}`]),
      '\r\n',
    ].join('\r\n')
  }

  #guarded(member: Member, work: () => void): void {
    try {
      work()
    } catch (error) {
      member.phase = 'closed'
      member.socket.destroy()
      this.#fail(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #onBytes(member: Member, bytes: Buffer): void {
    if (member.phase === 'closed') return
    if (member.phase === 'upgrading') this.#onUpgrade(member, bytes)
    else member.scanner.scan(bytes, (...frame) => this.#onFrame(member, ...frame))
  }

  #onUpgrade(member: Member, bytes: Buffer): void {
    const end = bytes.indexOf(HEADERS_END)
    const head = bytes.toString('latin1', 0, end === -1 ? undefined : end)
    // Loopback brings an answer of some hundred bytes whole.
    if (end === -1 || !head.startsWith('HTTP/1.1 101')) throw new Error(`the upgrade was answered ${head}`)
    for (const frame of this.#options.dialect.greet(member.index)) member.socket.write(frame)
    member.phase = 'joining'
    if (this.#options.dialect.subscribedWhenOpen) this.#onSubscribed(member)
    const rest = bytes.subarray(end + HEADERS_END.length)
    if (rest.length > 0) this.#onBytes(member, rest)
  }

  #onSubscribed(member: Member): void {
    member.phase = 'subscribed'
    member.joined()
  }

  #onFrame(member: Member, opcode: number, bytes: Buffer, start: number, end: number): void {
    if (opcode === opcodes.close)
      throw new Error(
        `the server closed socket ${member.index}: ${bytes.readUInt16BE(start)} ${bytes.toString('utf8', start + 2, end)}`,
      )
    if (opcode !== opcodes.text && opcode !== opcodes.binary) return
    const { dialect } = this.#options
    const frame = { socket: member.index, bytes, start, end }
    const what = dialect.onFrame(frame, (answer) => member.socket.write(answer))
    if (what === 'subscribed') this.#onSubscribed(member)
    if (what !== 'messages') return
    const count = this.#tally?.take(member.index, bytes, start, end) ?? 0
    if (count > 0 && dialect.ack !== undefined) this.#ackSoon(member)
  }

  /** As the app does: the first ack at once, and the next after a pause, for all that came meanwhile. */
  #ackSoon(member: Member): void {
    if (member.ackDue) return
    member.ackDue = true
    const wait = Math.max(0, member.nextAckAt - performance.now())
    const slots = Math.min(1 + Math.floor(wait / SLOT_MS), SLOTS - 1)
    this.#acks[(this.#slot + slots) % SLOTS]?.push(member)
  }

  #startTimers(): void {
    this.#timers.push(setInterval(() => this.#turn(), SLOT_MS))
    const { heartbeat } = this.#options.dialect
    if (heartbeat === undefined) return
    const partMs = heartbeat.everyMs / BEAT_PARTS
    const start = performance.now()
    let done = 0
    // By the clock: intervals that come late on a busy machine must not make heartbeats rarer.
    const beat = (): void => {
      for (const due = Math.floor((performance.now() - start) / partMs); done < due; done += 1)
        for (let index = done % BEAT_PARTS; index < this.#members.length; index += BEAT_PARTS)
          this.#beat(index, heartbeat.frame)
    }
    this.#timers.push(setInterval(beat, partMs))
  }

  #beat(index: number, frame: Buffer): void {
    const member = this.#members[index]
    if (member?.phase === 'subscribed') member.socket.write(frame)
  }

  #turn(): void {
    // By the clock: on a busy machine intervals come late, and acks must not become rarer.
    for (const until = slotOf(performance.now()); this.#slot < until;) {
      this.#slot += 1
      this.#sendAcks(this.#acks[this.#slot % SLOTS]?.splice(0) ?? [])
    }
  }

  #sendAcks(members: readonly Member[]): void {
    const { ack } = this.#options.dialect
    if (ack === undefined || members.length === 0) return
    const now = performance.now()
    for (const member of members) {
      member.ackDue = false
      member.nextAckAt = now + ack.pauseMs(member.index, now)
      if (member.phase === 'subscribed') member.socket.write(ack.frame(member.index))
    }
  }
}
