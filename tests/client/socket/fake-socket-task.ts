import type { ConnectOptions, SocketTask } from '@/services/socket/connect-socket'

type Handlers = {
  open: (() => void)[]
  message: ((event: { data: unknown }) => void)[]
  error: ((event: unknown) => void)[]
  close: ((event: { code?: number; reason?: string } | undefined) => void)[]
}

/**
 * A SocketTask under a test's hands. It does nothing by itself: a test says what the platform does, such as
 * `task.fire('open')`. `sent` and `closes` tell what was asked of it; `onSend` says how sending goes wrong.
 */
export class FakeSocketTask implements SocketTask {
  readonly options: ConnectOptions
  readonly sent: string[] = []
  readonly closes: { code: number; reason: string }[] = []
  /** On the App this is 3 right after connect. */
  readyState = 3
  onSend: (fail: (result: unknown) => void) => void = () => undefined
  onCloseCall: () => void = () => undefined
  readonly #handlers: Handlers = { open: [], message: [], error: [], close: [] }

  constructor(options: ConnectOptions) {
    this.options = options
  }

  send({ data, fail }: { data: string; fail: (result: unknown) => void }): void {
    this.sent.push(data)
    this.onSend(fail)
  }

  close(options: { code: number; reason: string }): void {
    this.closes.push(options)
    this.onCloseCall()
  }

  onOpen(handler: () => void): void {
    this.#handlers.open.push(handler)
  }

  onMessage(handler: (event: { data: unknown }) => void): void {
    this.#handlers.message.push(handler)
  }

  onError?(handler: (event: unknown) => void): void {
    this.#handlers.error.push(handler)
  }

  onClose?(handler: (event: { code?: number; reason?: string } | undefined) => void): void {
    this.#handlers.close.push(handler)
  }

  open(): void {
    for (const handler of this.#handlers.open) handler()
  }

  message(data: unknown): void {
    for (const handler of this.#handlers.message) handler({ data })
  }

  /** On the App the event is `{}`. */
  error(): void {
    for (const handler of this.#handlers.error) handler({})
  }

  closed(code?: number, reason?: string): void {
    for (const handler of this.#handlers.close) handler(code === undefined ? undefined : { code, reason })
  }
}
