import { describe, expect, test } from 'vitest'
import { Connection } from '@/services/connection/connection'
import { CONNECT_TIMEOUT_MS, PONG_TIMEOUT_MS, type State } from '@/services/connection/machine'
import { FakeClock } from '../fake-clock'
import { FakeSockets } from './fake-sockets'

const HEARTBEAT_MS = 25_000

function start() {
  const clock = new FakeClock()
  const sockets = new FakeSockets()
  const told: string[] = []
  const connection: Connection = new Connection(
    { open: sockets.open, clock, random: () => 0.5, url: () => 'wss://gateway', subprotocol: 'spoken' },
    {
      hello: () => told.push('hello'),
      ping: () => {
        told.push('ping')
        connection.send('ping')
      },
      text: (text) => {
        told.push(text)
        connection.handle({ type: text === 'pong' ? 'pong' : 'heard' })
      },
      state: (state: State) => told.push(state.name),
    },
  )
  const goLive = (): void => {
    sockets.last.handlers.open()
    connection.handle({ type: 'welcomed', heartbeatMs: HEARTBEAT_MS })
  }
  connection.handle({ type: 'start' })
  return { clock, sockets, told, connection, goLive }
}

describe('a connection', () => {
  test('dials, says hello when open, and is live when welcomed', () => {
    const { told, goLive, connection } = start()
    goLive()
    expect(told).toEqual(['connecting', 'hello', 'connecting', 'live'])
    expect(connection.state.name).toBe('live')
  })

  test('gives up a dial that gets no answer, and dials again', () => {
    const { clock, sockets } = start()
    clock.advance(CONNECT_TIMEOUT_MS)
    expect(sockets.last.closedWith).toMatchObject({ code: 3001 })
    clock.advance(500)
    expect(sockets.all).toHaveLength(2)
  })

  test('sends a heartbeat in time, and finds a half-open socket by the missing answer', () => {
    const { clock, sockets, goLive, connection } = start()
    goLive()
    clock.advance(HEARTBEAT_MS)
    expect(sockets.last.sent).toEqual(['ping'])
    sockets.last.handlers.message('pong')
    clock.advance(HEARTBEAT_MS)
    clock.advance(PONG_TIMEOUT_MS)
    expect(sockets.last.closedWith).toMatchObject({ code: 3001, reason: 'silent' })
    expect(connection.state.name).toBe('waiting')
  })

  test('has one timer in every state', () => {
    const { clock, goLive, connection, sockets } = start()
    expect(clock.pending).toBe(1)
    goLive()
    expect(clock.pending).toBe(1)
    sockets.last.handlers.closed(1006, '')
    expect(clock.pending).toBe(1)
    connection.handle({ type: 'suspend' })
    expect(clock.pending).toBe(0)
  })

  test('ignores what an older socket says', () => {
    const { clock, sockets, told, goLive, connection } = start()
    goLive()
    const older = sockets.last
    connection.handle({ type: 'broken', reason: 'hole' })
    clock.advance(1_000)
    goLive()
    told.length = 0
    older.handlers.open()
    older.handlers.message('late')
    older.handlers.closed(4510, 'token_invalid')
    expect(told).toEqual([])
    expect(connection.state.name).toBe('live')
  })

  test('takes a close that comes while it sends for the socket that it was of', () => {
    const { sockets, goLive, connection } = start()
    goLive()
    const socket = sockets.last
    const push = socket.sent.push.bind(socket.sent)
    socket.sent.push = (...texts) => {
      socket.handlers.closed(1006, 'send failed')
      return push(...texts)
    }
    connection.handle({ type: 'foreground' })
    expect(connection.state.name).toBe('waiting')
  })

  test('sends nothing without a socket', () => {
    const { sockets, connection, goLive } = start()
    goLive()
    connection.handle({ type: 'stop' })
    connection.send('late')
    expect(sockets.last.sent).toEqual([])
    expect(sockets.last.closedWith).toMatchObject({ code: 1000 })
  })

  test('returns from a freeze with one question, not with a new socket', () => {
    const { clock, sockets, goLive, connection } = start()
    goLive()
    clock.freeze(600_000)
    connection.handle({ type: 'foreground' })
    sockets.last.handlers.message('pong')
    clock.advance(10_000)
    expect(sockets.all).toHaveLength(1)
    expect(connection.state.name).toBe('live')
  })
})
