import { describe, expect, test } from 'vitest'
import type { ConnectOptions } from '@/services/socket/connect-socket'
import type { Socket } from '@/services/socket/socket'
import {
  CLOSE_DEADLINE_MS,
  CONNECT_SPACING_MS,
  ERROR_GRACE_MS,
  uniSockets,
} from '@/services/socket/uni-socket'
import { FakeClock, settle } from '../fake-clock'
import { FakeSocketTask } from './fake-socket-task'

/** What a platform's connectSocket does with the task that it made. */
type Connect = (task: FakeSocketTask, options: ConnectOptions) => unknown

const returnsTask: Connect = (task) => task

interface Opened {
  readonly clock: FakeClock
  readonly socket: Socket
  readonly tasks: FakeSocketTask[]
  readonly task: FakeSocketTask
  readonly heard: string[]
}

function open(connect: Connect = returnsTask): Opened {
  const clock = new FakeClock()
  const tasks: FakeSocketTask[] = []
  const heard: string[] = []
  const openSocket = uniSockets({
    clock,
    connectSocket: (options) => {
      const task = new FakeSocketTask(options)
      tasks.push(task)
      return connect(task, options)
    },
  })
  const socket = openSocket(
    'wss://gateway/v1/socket',
    {
      open: () => heard.push('open'),
      message: (text) => heard.push(`message ${text}`),
      closed: (code, reason) => heard.push(`closed ${String(code)} ${reason}`),
    },
    'spoken',
  )
  clock.advance(CONNECT_SPACING_MS)
  return { clock, socket, tasks, heard, task: tasks[0]! }
}

/** Everything that could still come. */
function waitLong({ clock }: Opened): void {
  clock.advance(60_000)
}

describe('on every platform', () => {
  test('asks for the subprotocol, and passes a callback so that a task is returned', () => {
    const { task } = open()
    expect(task.options).toMatchObject({ url: 'wss://gateway/v1/socket', protocols: ['spoken'] })
    expect(task.options.complete).toBeTypeOf('function')
  })

  test('tells open, messages and close in their order', () => {
    const { task, heard } = open()
    task.open()
    task.message('a')
    task.closed(4001, 'idle')
    expect(heard).toEqual(['open', 'message a', 'closed 4001 idle'])
  })

  test('calls no handler before the caller has the socket', () => {
    const clock = new FakeClock()
    let closed = 0
    const count = (): void => {
      closed += 1
    }
    const refuse = (): never => {
      throw new Error('no')
    }
    const openSocket = uniSockets({ clock, connectSocket: refuse })
    openSocket('wss://x', { open: () => undefined, message: () => undefined, closed: count }, 'spoken')
    expect(closed).toBe(0)
    clock.advance(10)
    expect(closed).toBe(1)
  })

  test('sends nothing before open and after close', () => {
    const { socket, task } = open()
    socket.send('early')
    task.open()
    socket.send('now')
    task.closed(1006)
    socket.send('late')
    expect(task.sent).toEqual(['now'])
  })

  test('ends once when nobody wants it any more before it was dialled', () => {
    const clock = new FakeClock()
    const heard: number[] = []
    const dialled: unknown[] = []
    const openSocket = uniSockets({ clock, connectSocket: (options) => dialled.push(options) })
    const handlers = {
      open: () => undefined,
      message: () => undefined,
      closed: (code: number) => heard.push(code),
    }
    openSocket('wss://x', handlers, 'spoken').close(1000, '')
    clock.advance(60_000)
    expect(dialled).toEqual([])
    expect(heard).toEqual([1000])
  })
})

describe('fault: what connectSocket returns', () => {
  test('a promise of the task, since an interceptor is set', async () => {
    const { task, heard } = open((made) => Promise.resolve(made))
    await settle()
    task.open()
    expect(heard).toEqual(['open'])
  })

  test('a promise that is kept after the socket was closed: the task is closed and never heard', async () => {
    const opened = open((made) => Promise.resolve(made))
    opened.socket.close(1000, 'bye')
    opened.clock.advance(1)
    await settle()
    opened.task.open()
    expect(opened.task.closes).toHaveLength(1)
    expect(opened.heard).toEqual(['closed 1000 bye'])
  })

  test.each([
    ['nothing', () => undefined],
    ['a promise of something else', () => Promise.resolve({ errMsg: 'connectSocket:ok' })],
    ['a promise that is broken', () => Promise.reject(new Error('intercepted'))],
  ])('%s: closed once', async (_name, connect) => {
    const opened = open(connect)
    await settle()
    waitLong(opened)
    expect(opened.heard).toHaveLength(1)
    expect(opened.heard[0]).toMatch(/^closed 1006/)
  })

  test('a throw: closed once', () => {
    const opened = open(() => {
      throw new Error('connectSocket: invalid url')
    })
    waitLong(opened)
    expect(opened.heard).toEqual(['closed 1006 connect threw'])
  })

  test('fail and a close event: closed once', () => {
    const opened = open()
    opened.task.options.fail({ errMsg: 'connectSocket:fail' })
    opened.task.closed(1006)
    waitLong(opened)
    expect(opened.heard).toHaveLength(1)
  })
})

describe('fault: the App', () => {
  test('1: readyState says CLOSED while it connects, and is not asked', () => {
    const { task, heard } = open()
    expect(task.readyState).toBe(3)
    task.open()
    expect(heard).toEqual(['open'])
  })

  test('2: two connects in one millisecond would share an id, and are kept apart', () => {
    const clock = new FakeClock()
    const births: number[] = []
    const openSocket = uniSockets({
      clock,
      connectSocket: (options) => {
        births.push(clock.now())
        return new FakeSocketTask(options)
      },
    })
    const handlers = { open: () => undefined, message: () => undefined, closed: () => undefined }
    for (let i = 0; i < 3; i += 1) openSocket('wss://x', handlers, 'spoken')
    clock.advance(100)
    expect(births).toHaveLength(3)
    expect(new Set(births).size).toBe(3)
  })

  test('2b: a clock that was set back does not hold the next connect up', () => {
    const clock = new FakeClock()
    let count = 0
    const openSocket = uniSockets({
      clock,
      connectSocket: (options) => (count++, new FakeSocketTask(options)),
    })
    const handlers = { open: () => undefined, message: () => undefined, closed: () => undefined }
    openSocket('wss://x', handlers, 'spoken')
    clock.setWallClock(-3_600_000)
    openSocket('wss://x', handlers, 'spoken')
    clock.advance(100)
    expect(count).toBe(2)
  })

  test('3: send() on a socket that is not open calls fail, then succeeds: closed once', () => {
    const opened = open()
    opened.task.open()
    opened.task.onSend = (fail) => {
      fail({ errMsg: 'sendSocketMessage:fail WebSocket is not connected' })
    }
    opened.socket.send('lost')
    opened.socket.send('more')
    waitLong(opened)
    expect(opened.task.sent).toEqual(['lost'])
    expect(opened.heard).toEqual(['open', 'closed 1006 send failed'])
  })

  test('4: an error with an empty event and no close after it: closed once, after a short grace', () => {
    const opened = open()
    opened.task.open()
    opened.task.error()
    expect(opened.heard).toEqual(['open'])
    opened.clock.advance(ERROR_GRACE_MS)
    expect(opened.heard).toEqual(['open', 'closed 1006 error'])
    expect(opened.task.closes).toHaveLength(1)
  })

  test('5: close() that has no effect: closed after a deadline', () => {
    const opened = open()
    opened.task.open()
    opened.socket.close(1000, 'bye')
    opened.clock.advance(CLOSE_DEADLINE_MS - 1)
    expect(opened.heard).toEqual(['open'])
    opened.clock.advance(1)
    expect(opened.heard).toEqual(['open', 'closed 1000 bye'])
  })

  test('close() that throws: closed after a deadline', () => {
    const opened = open()
    opened.task.open()
    opened.task.onCloseCall = () => {
      throw new TypeError("Cannot read property 'id' of undefined")
    }
    opened.socket.close(1000, 'bye')
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 1000 bye'])
  })
})

describe('fault: H5', () => {
  test('an error followed by a close: closed once, with the code of the close', () => {
    const opened = open()
    opened.task.error()
    opened.clock.advance(ERROR_GRACE_MS - 1)
    opened.task.closed(1006, 'gone')
    waitLong(opened)
    expect(opened.heard).toEqual(['closed 1006 gone'])
  })

  test('a failing send calls fail twice: closed once', () => {
    const opened = open()
    opened.task.open()
    opened.task.onSend = (fail) => {
      fail({})
      fail({})
    }
    opened.socket.send('lost')
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 1006 send failed'])
  })

  test('a send that throws: closed once', () => {
    const opened = open()
    opened.task.open()
    opened.task.onSend = () => {
      throw new DOMException('Still in CONNECTING state', 'InvalidStateError')
    }
    opened.socket.send('lost')
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 1006 send threw'])
  })

  test.each([
    [1000, 1000],
    [3000, 3000],
    [4999, 4999],
    [1001, 1000],
    [1006, 1000],
    [2999, 1000],
    [5000, 1000],
  ])('close(%i) asks the browser for %i: it throws at other codes than 1000 and 3000-4999', (code, asked) => {
    const { socket, task } = open()
    socket.close(code, '')
    expect(task.closes).toEqual([{ code: asked, reason: '' }])
  })
})

describe('fault: mp-weixin', () => {
  test('onClose never comes after a hide: close() still ends it', () => {
    const opened = open()
    opened.task.open()
    opened.socket.close(1000, 'suspended')
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 1000 suspended'])
  })

  test('"onClose is not a function": errors still end it', () => {
    const opened = open((task) => Object.assign(task, { onClose: undefined }))
    opened.task.open()
    opened.task.error()
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 1006 error'])
  })

  test('a close without an event: 1006', () => {
    const { task, heard } = open()
    task.closed()
    expect(heard).toEqual(['closed 1006 '])
  })
})

describe('fault: late events', () => {
  test('nothing is heard after closed', () => {
    const opened = open()
    opened.task.open()
    opened.task.closed(4000, 'going_away')
    opened.task.open()
    opened.task.message('late')
    opened.task.error()
    opened.task.closed(1006)
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 4000 going_away'])
  })

  test('no message is heard while it closes', () => {
    const opened = open()
    opened.task.open()
    opened.socket.close(3000, 'hole')
    opened.task.message('late')
    opened.task.open()
    opened.task.closed(3000, 'hole')
    expect(opened.heard).toEqual(['open', 'closed 3000 hole'])
  })

  test('a binary frame ends the socket: the gateway sends text', () => {
    const opened = open()
    opened.task.open()
    opened.task.message(new ArrayBuffer(1))
    waitLong(opened)
    expect(opened.heard).toEqual(['open', 'closed 1003 binary frame'])
  })
})
