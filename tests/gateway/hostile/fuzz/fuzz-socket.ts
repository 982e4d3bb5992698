import { parseServerFrame } from '@herald/protocol'
import { connect, type Socket } from 'node:net'
import { upgradeOf } from '../upgrade-request'

const HEAD_END = Buffer.from('\r\n\r\n')

interface ServerBytes {
  readonly opcode: number
  readonly payload: Buffer
  readonly end: number
}

/** A socket that may send anything, and looks closely at all that comes. */
export class FuzzSocket {
  readonly #socket: Socket
  #unread: Buffer = Buffer.alloc(0)
  #isUpgraded = false
  #wake: () => void = () => undefined
  isWelcome = false
  isEnded = false
  closeCode: number | undefined
  /** What the gateway did that it may not do. */
  problem: string | undefined
  readonly #pongs = new Set<string>()

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.#socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true, noDelay: true })
    this.#socket.on('data', (bytes: Buffer) => {
      this.#take(bytes)
      this.#wake()
    })
    for (const event of ['end', 'close', 'error'] as const)
      this.#socket.on(event, () => {
        this.isEnded = true
        this.#wake()
      })
    this.#socket.write(upgradeOf())
  }

  get isUpgraded(): boolean {
    return this.#isUpgraded
  }

  hasPong(payload: string): boolean {
    return this.#pongs.has(payload)
  }

  /** Sends, and resolves once the system took it or the connection is gone. */
  async write(bytes: Buffer): Promise<void> {
    if (this.#socket.destroyed || bytes.length === 0) return
    await new Promise<void>((resolve) => {
      this.#socket.once('close', resolve)
      this.#socket.write(bytes, () => {
        this.#socket.off('close', resolve)
        resolve()
      })
    })
  }

  endHalf(): void {
    this.#socket.end()
  }

  /** Resets the connection; after its own end it is only cut: libuv resets nothing whose half is shut down. */
  reset(): void {
    if (this.#socket.writableEnded) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }

  /** Whether the condition came true in time. */
  async until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const wait = { isOver: false }
    const timer = setTimeout(() => {
      wait.isOver = true
      this.#wake()
    }, limitMs)
    while (!condition() && !wait.isOver)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    clearTimeout(timer)
    return condition()
  }

  #take(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes])
    if (!this.#isUpgraded && !this.#takeHead()) return
    for (let one = readFrame(this.#unread); one !== undefined; one = readFrame(this.#unread)) {
      this.#unread = this.#unread.subarray(one.end)
      this.#takeFrame(one)
    }
  }

  #takeHead(): boolean {
    const end = this.#unread.indexOf(HEAD_END)
    if (end < 0) return false
    const head = this.#unread.toString('latin1', 0, end)
    if (!head.startsWith('HTTP/1.1 101 ')) this.problem = `the upgrade was answered ${head.slice(0, 40)}`
    this.#unread = this.#unread.subarray(end + HEAD_END.length)
    this.#isUpgraded = true
    return true
  }

  #takeFrame({ opcode, payload }: ServerBytes): void {
    if (this.closeCode !== undefined) this.problem = 'a frame came after the close frame'
    if (opcode === 0x8a) this.#pongs.add(payload.toString('latin1'))
    else if (opcode === 0x88) this.closeCode = payload.length < 2 ? 1005 : payload.readUInt16BE()
    else if (opcode === 0x81) this.#takeText(payload.toString())
    else this.problem = `a frame came that begins with ${opcode.toString(16)}`
  }

  #takeText(text: string): void {
    const parsed = parseServerFrame(text)
    if (!parsed.ok) this.problem = `the gateway sent ${parsed.detail}: ${text.slice(0, 200)}`
    else if (parsed.frame.type === 'welcome') this.isWelcome = true
  }
}

/** The first frame of the bytes, once it is whole. `opcode` is the first byte as it is. */
function readFrame(bytes: Buffer): ServerBytes | undefined {
  if (bytes.length < 2) return undefined
  const short = bytes.readUInt8(1)
  const start = short < 126 ? 2 : short === 126 ? 4 : 10
  if (bytes.length < start) return undefined
  const length =
    short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  const end = start + length
  if (bytes.length < end) return undefined
  return { opcode: bytes.readUInt8(0), payload: bytes.subarray(start, end), end }
}
