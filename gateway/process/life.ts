import type { Logger } from 'pino'
import type { Config } from './config'

/** A supervisor's patience is commonly 10 s; what is not done by then will not be (ms). */
const STOP_DEADLINE_MS = 9500

/** A gateway that listens. */
export interface Gateway {
  /** Says where it is. */
  announce(): Promise<void>
  stop(): Promise<void>
}

/** The first signal stops in order, the second at once. */
export function stopOnSignals(gateway: Gateway, logger: Logger): void {
  let stopping = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1)
    stopping = true
    logger.info({ signal }, 'stopping')
    setTimeout(() => {
      logger.error('stopping took too long')
      process.exit(1)
    }, STOP_DEADLINE_MS).unref()
    gateway.stop().then(
      () => process.exit(0),
      (error: unknown) => exitWith(logger, error, 'stopping failed'),
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}

export function exitWith(logger: Logger, error: unknown, message: string): never {
  logger.fatal({ err: error }, message)
  process.exit(1)
}

/** Says in plain words why the gateway does not start. */
export function explainStart(error: unknown, { host, port, dataFolder }: Config): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EADDRINUSE')
    return `port ${String(port)} is taken; set HERALD_PORT to another one, or to 0 for any`
  if (code === 'EACCES' && port < 1024)
    return `port ${String(port)} needs more rights; set HERALD_PORT to one above 1023`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `HERALD_HOST: ${host} is no address of this machine`
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
    return `HERALD_DATA: cannot write to ${dataFolder}`
  return error instanceof Error ? error.message : String(error)
}
