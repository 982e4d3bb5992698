import { describeIssue } from '@herald/protocol'
import { readFileSync } from 'node:fs'
import * as v from 'valibot'
import { ConfigError } from './config-error'

const DOMAIN = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a domain in lower case'),
)

const ServerSchema = v.pipe(
  v.string(),
  v.regex(
    /^(?:[^\s:[\]]+|\[[0-9a-f:]+\]):\d{1,5}$/i,
    'must be an address and a port, such as 127.0.0.1:5347',
  ),
  v.transform((text) => {
    const at = text.lastIndexOf(':')
    return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
  }),
  v.check(({ port }) => port > 0 && port < 65_536, 'must be an address and a port, such as 127.0.0.1:5347'),
)

const ComponentSchema = v.strictObject({
  name: DOMAIN,
  server: ServerSchema,
  secret: v.pipe(v.string(), v.minLength(1), v.maxLength(1000)),
  domains: v.optional(v.pipe(v.array(DOMAIN), v.maxLength(1000)), []),
  public: v.optional(v.boolean(), false),
})

/** Where the gateway is a component of a chat server (XEP-0114). */
export interface ComponentSettings {
  /** What the server calls the gateway, such as `push.example.org`. */
  readonly name: string
  readonly server: { readonly host: string; readonly port: number }
  readonly secret: string
  /** Whose accounts it serves; none named: those of every domain that no other component names. */
  readonly domains: readonly string[]
  /** Whether the server may be outside of this machine and private networks, though nothing on the way is encrypted. */
  readonly public: boolean
}

/** Reads the file that lists the chat servers. Throws ConfigError, which never says what a secret is. */
export function readChatSettings(file: string | undefined): readonly ComponentSettings[] {
  if (file === undefined) return []
  const parsed = v.safeParse(v.pipe(v.array(ComponentSchema), v.maxLength(100)), parse(file))
  if (!parsed.success)
    throw new ConfigError(
      parsed.issues.map((issue) => `HERALD_XMPP_FILE: ${describeIssue(issue)}`).join('\n'),
    )
  const names = parsed.output.map(({ name, server: { host, port } }) => `${name} ${host}:${String(port)}`)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined) throw new ConfigError(`HERALD_XMPP_FILE: ${twice} stands twice`)
  return parsed.output
}

function parse(file: string): unknown {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    throw new ConfigError(`HERALD_XMPP_FILE: must be a file that can be read; ${file} is not`)
  }
  try {
    return JSON.parse(text)
  } catch {
    throw new ConfigError(`HERALD_XMPP_FILE: must be JSON; ${file} is not`)
  }
}
