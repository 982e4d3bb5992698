import type { Directory, Principal } from '../contracts/directory'
import type { Audit } from '../process/audit'
import type { JwtSettings } from '../process/config'
import { verifyJwt } from './jwt'

/** Whom a secret speaks for: a JWT of the business backend, or a token of ours. */
export function openAuthentication(
  settings: JwtSettings | undefined,
  directory: Pick<Directory, 'authenticate' | 'admitUser'>,
  audit: Audit,
  now: () => number,
): (secret: string) => Promise<Principal> {
  const jwt = settings && verifyJwt(settings, auditedUsers(directory, audit), now)
  return async (secret) => (await jwt?.(secret)) ?? directory.authenticate(secret)
}

/** The users whom JWTs make appear leave a line too. */
function auditedUsers(directory: Pick<Directory, 'admitUser'>, audit: Audit): Pick<Directory, 'admitUser'> {
  return {
    async admitUser(id, name) {
      const admitted = await directory.admitUser(id, name)
      if (admitted.created)
        audit.changed({ event: 'user_created', address: undefined, tokenId: `jwt:${id}`, target: id })
      return admitted
    },
  }
}
