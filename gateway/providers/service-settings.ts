import { describeIssue } from '@herald/protocol'
import * as v from 'valibot'
import { ConfigError } from '../config-error'

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

/** Reads the variables of one service; an empty variable counts as absent. Throws ConfigError, which names them. */
export function readVariables<Entries extends v.ObjectEntries>(
  entries: Entries,
  env: NodeJS.ProcessEnv,
): v.InferOutput<v.ObjectSchema<Entries, undefined>> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const parsed = v.safeParse(v.object(entries), given)
  if (!parsed.success) throw new ConfigError(parsed.issues.map(describeIssue).join('\n'))
  return parsed.output
}

/**
 * The variables that make a service work only together. Undefined: none is set. Throws ConfigError when some are.
 */
export function allOrNone<Name extends string>(
  variables: Readonly<Record<Name, string | undefined>>,
): Record<Name, string> | undefined {
  const names = Object.keys(variables) as Name[]
  const set = names.filter((name) => variables[name] !== undefined)
  if (set.length === 0) return undefined
  if (set.length < names.length) throw new ConfigError(`${names.join(', ')} must be set together`)
  return variables as Record<Name, string>
}
