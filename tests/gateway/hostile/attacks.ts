import type { Socket } from 'node:net'
import { frame } from '../ws/client-frames'
import { upgradeOf } from './upgrade-request'

const MEGABYTE = 1024 * 1024

/** Of the same frame in one write. */
const PIECE_FRAMES = 10_000

/** Connections that are held at a time: more than the processes of small machines may have. */
const HELD = 320

/** Requests that a flood of pages sends, so many at a time. */
const PAGE_REQUESTS = 1500
const PAGE_LANES = 16

/** A stranger's way in. */
export interface Door {
  /** A connection that does not end its half by itself. */
  connect(): Promise<Socket>
}

/** What a stranger does, without a token, until it is done or is cut off. */
export type Attack = (door: Door) => Promise<void>

/** So many of the same frame in one piece. */
const many = (one: Buffer, count: number): Buffer => Buffer.concat(Array.from({ length: count }, () => one))

/** Resolves once the answer to the upgrade is there, or the connection is gone. */
async function openSocket(door: Door): Promise<Socket> {
  const socket = await door.connect()
  const answered = new Promise((resolve) => socket.once('data', resolve).once('close', resolve))
  if (!socket.destroyed) {
    socket.write(upgradeOf())
    await answered
  }
  return socket
}

/** Sends the first bytes and then 20 MB of the others on three sockets, and reads nothing. */
const flooding =
  (first: Buffer, piece: Buffer): Attack =>
  async (door) => {
    const sockets = await Promise.all([openSocket(door), openSocket(door), openSocket(door)])
    await Promise.all(
      sockets.map(async (socket) => {
        if (first.length > 0) socket.write(first)
        await flood(socket, piece, 20 * MEGABYTE)
      }),
    )
  }

/** Opens many connections, says the same on each, and holds them. */
const holding =
  (words: string): Attack =>
  async (door) => {
    for (let index = 0; index < HELD; index += 1) {
      const socket = await door.connect()
      if (words !== '') socket.write(words)
      socket.resume()
    }
  }

/** Asks for the pages again and again, some at a time, and takes each answer. */
const asking =
  (paths: readonly string[]): Attack =>
  async (door) => {
    let asked = 0
    const ask = async (): Promise<void> => {
      const socket = await door.connect()
      const answered = new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
      const path = paths[asked++ % paths.length] ?? '/'
      socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
      socket.resume()
      if (!socket.destroyed) await answered
      socket.destroy()
    }
    await Promise.all(
      Array.from({ length: PAGE_LANES }, async () => {
        while (asked < PAGE_REQUESTS) await ask()
      }),
    )
  }

/** Sends a thousand requests at once on each of some connections, and takes no answer. */
export const pipelining =
  (path: string): Attack =>
  async (door) => {
    const requests = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(1000))
    for (let index = 0; index < 4; index += 1) await flood(await door.connect(), requests, requests.length)
  }

/** Connections that are there at a time, and how often each comes again when it is cut off. */
const RETURN_LANES = 40
const RETURNS = 10

/** Sends the words and then more than a read of the network of the piece, again on a new connection when it is cut off. */
const returning =
  (words: string, piece: Buffer, lanes = RETURN_LANES): Attack =>
  async (door) => {
    let opened = 0
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        while (opened++ < lanes * RETURNS) {
          const socket = await door.connect()
          if (words !== '') socket.write(words)
          await flood(socket, piece, 4 * piece.length)
          socket.destroy()
        }
      }),
    )
  }

/** Sends the same on each of some connections, takes every answer, and stays until it is sent away. */
const staying =
  (words: string, connections: number): Attack =>
  async (door) => {
    const bytes = Buffer.from(words)
    await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = await door.connect()
        const ended = new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
        if (!socket.destroyed) {
          socket.write(bytes)
          socket.resume()
          await ended
        }
        socket.destroy()
      }),
    )
  }

/** So many of the same words. */
const repeated = (words: string): Buffer => many(Buffer.from(words), 1000)

const PART = '1\r\na\r\n'

const SIGN_IN_IN_PARTS = [
  'POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json',
  'Transfer-Encoding: chunked\r\n\r\n',
].join('\r\n')

const emptyPart = frame({ opcode: 0, isFinal: false })
const control = (opcode: number): Buffer =>
  many(frame({ opcode, payload: Buffer.alloc(125, 'x') }), PIECE_FRAMES / 10)

/** Each way in which a stranger took the gateway down or kept others out. */
export const attacks: Readonly<Record<string, Attack>> = {
  'parts of a message without end': flooding(
    frame({ opcode: 1, isFinal: false }),
    many(emptyPart, PIECE_FRAMES),
  ),
  'frames after the close frame': flooding(
    frame({ opcode: 3 }),
    many(frame({ opcode: 1, payload: Buffer.from('{"type":"ping"}') }), PIECE_FRAMES),
  ),
  'pings whose pongs it does not read': flooding(Buffer.alloc(0), control(9)),
  'pongs that nobody asked for': flooding(Buffer.alloc(0), control(10)),
  'upgrades to a path that there is not': holding(upgradeOf('/nowhere')),
  'handshakes of another version': holding(upgradeOf().replace('Version: 13', 'Version: 8')),
  'words that are not HTTP': holding('this is not HTTP\r\n\r\n'),
  'connections that say nothing': holding(''),
  'headers that do not end': holding('GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Sl'),
  'bodies that do not come': holding(
    'POST /v1/sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
  ),
  'bodies of which each byte is a part': staying(SIGN_IN_IN_PARTS + PART.repeat(60_000), 30),
  'bodies that nobody asked for': returning(
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n',
    many(Buffer.from(PART), PIECE_FRAMES),
    4,
  ),
  'pages that need no token': asking(['/docs', '/openapi.json', '/nowhere', '/metrics']),
  'requests that do not wait for their answers': pipelining('/docs'),
  'requests that come again when they are cut off': returning(
    '',
    repeated('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  ),
  'requests that offer another protocol each': staying(
    'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'.repeat(4000) +
      'GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    40,
  ),
}

/** Sends until so many bytes went out or the peer cut the connection, without reading anything. */
async function flood(socket: Socket, piece: Buffer, totalBytes: number): Promise<void> {
  socket.pause()
  const gone = new Promise<void>((resolve) => socket.once('close', resolve))
  for (let sent = 0; sent < totalBytes && !socket.destroyed; sent += piece.length) {
    const taken = new Promise<void>((resolve) =>
      socket.write(piece, () => {
        resolve()
      }),
    )
    await Promise.race([taken, gone])
  }
}
