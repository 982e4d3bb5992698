import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError } from '../config-error'

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

/**
 * The values of variables that make sense only together: undefined when none is set.
 * @param needed those that must be set when any of `needed` or `others` is. Throws ConfigError.
 */
export function readTogether<Name extends string>(
  env: Readonly<Partial<Record<string, string>>>,
  needed: readonly Name[],
  others: readonly string[] = [],
): Record<Name, string> | undefined {
  if ([...needed, ...others].every((name) => env[name] === undefined)) return undefined
  const missing = needed.filter((name) => env[name] === undefined)
  if (missing.length > 0) {
    throw new ConfigError(
      `${missing.join(', ')}: must be set, because ${[...needed, ...others].filter((name) => env[name] !== undefined).join(', ')} is`,
    )
  }
  return Object.fromEntries(needed.map((name) => [name, env[name] ?? ''])) as Record<Name, string>
}

/** Reads a service's address; only a fake or a proxy is at another than the vendor's. Throws ConfigError. */
export function readServiceUrl(
  env: Readonly<Partial<Record<string, string>>>,
  variable: string,
  vendors: string,
): string {
  const text = env[variable]
  if (text === undefined) return vendors
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    throw new ConfigError(`${variable}: must be an address such as ${vendors}`)
  }
  return text.replace(/\/+$/, '')
}
