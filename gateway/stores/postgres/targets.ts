/** What of libpq's `target_session_attrs` names a host that may be written to; we look for the primary in any case. */
const WRITABLE = new Set(['any', 'read-write', 'primary'])

const URI = /^(postgres(?:ql)?:\/\/)((?:[^@/?#]*@)?)([^/?#]+)((?:\/[^?#]*)?)(\?[^#]*)?$/

/**
 * The hosts of a connection URI as URIs of their own, which `pg` takes one at a time:
 * `postgres://user@one:5432,two:5433/herald?target_session_attrs=read-write` (libpq, "Connection URIs", 34.1.1.2).
 * Throws an Error whose message says what is wrong, without the password.
 */
export function splitHosts(uri: string): string[] {
  const [, scheme = '', credentials = '', hosts = '', path = '', query = ''] = URI.exec(uri) ?? []
  if (hosts === '') throw new Error('HERALD_STORE is not like postgres://user@host:5432/database')
  const parameters = new URLSearchParams(query)
  const attributes = parameters.get('target_session_attrs')
  if (attributes !== null && !WRITABLE.has(attributes))
    throw new Error(
      `HERALD_STORE: the gateway writes, so target_session_attrs=${attributes} makes no sense; read-write does`,
    )
  parameters.delete('target_session_attrs')
  const rest = parameters.size > 0 ? `?${parameters.toString()}` : ''
  return hosts.split(',').map((host) => {
    if (!/^(?:\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::\d{1,5})?$/.test(host))
      throw new Error(`HERALD_STORE: "${host}" is not a host with its port`)
    return `${scheme}${credentials}${host}${path}${rest}`
  })
}
