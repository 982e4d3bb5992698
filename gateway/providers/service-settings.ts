import * as v from 'valibot'
import { ConfigError } from '../process/config-error'

/** The address of a service: https, or a local one for tests and for playing. Without a slash at its end. */
export const ServiceUrlSchema = v.pipe(
  v.string(),
  v.check(isServiceUrl, 'must be an https address, or http on this machine, without a query'),
  v.transform((text) => text.replace(/\/+$/, '')),
)

/** A number of calls; 0 is no limit. */
export const callLimit = (fallback: number) =>
  v.pipe(
    v.optional(v.string(), String(fallback)),
    v.check((text) => /^\d{1,9}$/.test(text), 'must be a whole number from 0 to 999999999'),
    v.transform(Number),
  )

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1', '[::1]'])

function isServiceUrl(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false
  const { protocol, hostname, username } = new URL(text)
  return username === '' && (protocol === 'https:' || (protocol === 'http:' && LOCAL_HOSTS.has(hostname)))
}

/**
 * The values of variables that make sense only together: undefined when none is set.
 * @param needed those that must be set when any of `needed` or `others` is. Throws ConfigError.
 */
export function readTogether<Name extends string>(
  env: Readonly<Partial<Record<Name, string | undefined>>>,
  needed: readonly Name[],
  others: readonly string[] = [],
): Record<Name, string> | undefined {
  const all: Readonly<Partial<Record<string, string>>> = env
  const set = [...needed, ...others].filter((name) => all[name] !== undefined)
  if (set.length === 0) return undefined
  const missing = needed.filter((name) => all[name] === undefined)
  if (missing.length > 0) {
    throw new ConfigError(`${missing.join(', ')}: must be set, because ${set.join(', ')} is`)
  }
  return Object.fromEntries(needed.map((name) => [name, all[name] ?? ''])) as Record<Name, string>
}
