/** What `uni.connectSocket` is asked for; the part of its options that every platform knows. */
export interface ConnectOptions {
  url: string
  protocols: string[]
  /** One of these must be a function, or uni returns a promise in place of the task. */
  fail: (result: unknown) => void
  complete: () => void
}

/** A SocketTask as the platforms really make it: `onClose` has been missing, `close` has thrown. */
export interface SocketTask {
  send(options: { data: string; fail: (result: unknown) => void }): void
  close(options: { code: number; reason: string }): void
  onOpen(handler: () => void): void
  onMessage(handler: (event: { data: unknown }) => void): void
  onError?(handler: (event: unknown) => void): void
  onClose?(handler: (event: { code?: number; reason?: string } | undefined) => void): void
}

/** `uni.connectSocket` as it behaves: a task, a promise of one (interceptors), or nothing. */
export type ConnectSocket = (options: ConnectOptions) => unknown

/** Whether a value is a SocketTask. */
export function isSocketTask(value: unknown): value is SocketTask {
  return (
    typeof value === 'object' && value !== null && 'onOpen' in value && typeof value.onOpen === 'function'
  )
}
