import { pino, type DestinationStream, type Logger } from 'pino'
import type { Config } from './config'

/** Fields that never reach a log line, whoever put them there. We log ids of tokens, under other names. */
const SECRET_FIELDS = ['authorization', 'token', 'secret', 'password', 'cookie', 'body', 'bodies']

const REDACTED = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])

/** Opens the log: one JSON object a line, to standard output unless told otherwise. */
export function openLog(level: Config['logLevel'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: '[redacted]' },
  }
  return destination ? pino(options, destination) : pino(options)
}
