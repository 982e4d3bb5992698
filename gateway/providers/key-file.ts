import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../process/config-error'

/** Reads a file that a variable names. Throws ConfigError, which names the variable. */
export function readNamedFile(variable: string, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    throw new ConfigError(`${variable}: must be a file that can be read; ${file} is not`)
  }
}

/** Reads a private key in PEM; undefined when it is none. */
export function readPrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined // the caller has the words for what was expected
  }
}
