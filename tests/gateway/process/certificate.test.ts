import { makeLocalCertificate } from '@herald/push-fakes/certificate'
import { rmSync, writeFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Certificate } from '../../../gateway/process/certificate'
import { openLog } from '../../../gateway/process/log'
import { certificateFiles, type CertificateFiles } from './certificate-files'

const DAY_MS = 86_400_000

function open(files: CertificateFiles, now: () => number = Date.now) {
  const said: string[] = []
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said.push((JSON.parse(chunk.toString()) as { msg: string }).msg)
      done()
    },
  })
  const certificate = new Certificate(files, openLog('info', sink), now)
  onTestFinished(() => {
    certificate.stop()
  })
  return { certificate, said }
}

const REFUSED = 'the TLS certificate cannot be renewed: the old one stays in use'
/** Of each certificate here: they are made for a day. */
const NEAR_END = 'the TLS certificate ends soon, or is over'
const TAKEN = 'a renewed TLS certificate is in use'

const spoilt: readonly (readonly [string, (files: CertificateFiles) => void])[] = [
  ['that are no certificate', ({ cert }) => writeFileSync(cert, 'x')],
  ['that do not belong together', ({ key }) => writeFileSync(key, makeLocalCertificate().key)],
  ['that are over', ({ write }) => write(makeLocalCertificate(Date.now() - 7 * DAY_MS))],
  ['that are gone', ({ cert }) => rmSync(cert)],
]

describe('a renewal of the certificate', () => {
  it.each(spoilt)(
    'by files %s leaves the old one, is told once, and good files are taken after it',
    (_, spoil) => {
      const files = certificateFiles()
      const { certificate, said } = open(files)
      const first = certificate.context
      spoil(files)
      for (let looks = 0; looks < 5; looks++) certificate.look()
      expect(certificate.context).toBe(first)
      expect(said).toEqual([NEAR_END, REFUSED])
      files.write(makeLocalCertificate())
      certificate.look()
      expect(certificate.context).not.toBe(first)
      expect(said).toEqual([NEAR_END, REFUSED, TAKEN])
    },
  )

  it('that is half written at one look is no fault', () => {
    const files = certificateFiles()
    const { certificate, said } = open(files)
    const renewed = makeLocalCertificate()
    writeFileSync(files.key, renewed.key)
    certificate.look()
    writeFileSync(files.cert, renewed.cert)
    certificate.look()
    expect(said).toEqual([NEAR_END, TAKEN])
  })

  it('that changes nothing is none', () => {
    const files = certificateFiles()
    const { certificate, said } = open(files)
    files.write(files.first)
    certificate.look()
    expect(said).toEqual([NEAR_END])
  })
})

describe('a certificate near its end', () => {
  it('is told of once a day', () => {
    const clock = { ms: Date.now() }
    const { certificate, said } = open(certificateFiles(), () => clock.ms)
    certificate.look()
    expect(said).toEqual([NEAR_END])
    clock.ms += DAY_MS
    certificate.look()
    expect(said).toEqual([NEAR_END, NEAR_END])
  })
})
