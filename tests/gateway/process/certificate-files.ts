import { makeLocalCertificate, type LocalCertificate } from '@herald/push-fakes/certificate'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '../cli/program'

export type CertificateFiles = ReturnType<typeof certificateFiles>

/** Certificate files of a gateway, and how they are renewed. */
export function certificateFiles() {
  const folder = temporaryFolder()
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const write = (pair: LocalCertificate): void => {
    // As tools for certificates do it: each file whole, one after the other.
    for (const [file, pem] of [
      [key, pair.key],
      [cert, pair.cert],
    ] as const) {
      writeFileSync(`${file}.new`, pem)
      renameSync(`${file}.new`, file)
    }
  }
  const first = makeLocalCertificate()
  write(first)
  return { cert, key, first, write, settings: { HERALD_TLS_CERT: cert, HERALD_TLS_KEY: key } }
}
