import { pino, type DestinationStream, type Logger } from 'pino'
import type { Config } from './config'

/** Fields that never reach a log line, whoever put them there. We log ids of tokens, under other names. */
const SECRET_FIELDS = ['authorization', 'token', 'secret', 'password', 'cookie', 'body', 'bodies']

const CENSOR = '[redacted]'

const REDACTED = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])

/** Opens the log: one JSON object a line, to standard output unless told otherwise. */
export function openLog(level: Config['logLevel'], destination?: DestinationStream): Logger {
  const options = {
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED, censor: CENSOR },
  }
  return pino(options, destination ?? linesOfATurn())
}

/** Where the audit writes: whatever the level is, `silent` too. Who did what is asked after the fact. */
export function auditLines(logger: Logger): Logger {
  return logger.child({}, { level: 'info' })
}

/** Standard output; what is logged in one turn of the event loop is one write, for when thousands of devices come at once. */
function linesOfATurn(): DestinationStream & { flushSync(): void } {
  const output = pino.destination({ dest: process.stdout.fd, sync: false })
  let lines = ''
  const writeOut = (): void => {
    if (lines !== '') output.write(lines)
    lines = ''
  }
  /** Pino calls it after a fatal line, too. */
  const flushSync = (): void => {
    writeOut()
    output.flushSync()
  }
  process.once('exit', flushSync)
  return {
    write(line) {
      if (lines === '') setImmediate(writeOut)
      lines += line
    },
    flushSync,
  }
}

/**
 * A logger for lines whose fields are plain values, which only need redaction at their top. Looking for secrets two
 * levels down takes 10 us a line, a third of what a request costs.
 */
export function flatLines<Child>(logger: {
  child(bindings: object, options: { redact: { paths: string[]; censor: string } }): Child
}): Child {
  return logger.child({}, { redact: { paths: [...SECRET_FIELDS], censor: CENSOR } })
}
