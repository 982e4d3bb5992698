import { HeraldError } from '@herald/protocol'
import { isUtf8 } from 'node:buffer'
import { TextDecoder } from 'node:util'
import {
  brotliDecompress,
  gunzip,
  inflate,
  type CompressCallback,
  type InputType,
  type ZlibOptions,
} from 'node:zlib'

type Unpack = (bytes: InputType, options: ZlibOptions, done: CompressCallback) => void

/** Content codings that are understood (RFC 9110 §8.4.1). */
const UNPACK: Readonly<Record<string, Unpack>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: brotliDecompress,
}

/**
 * Takes a body's content coding off, up to the size that a body may have: no more than that is ever unpacked.
 * Fails with `media_type_unsupported`, `body_too_large`, `invalid_body`.
 */
export function unpackBody(
  bytes: Buffer,
  coding: string | undefined,
  maxBytes: number,
  done: (error: Error | null, bytes: Buffer) => void,
): void {
  const name = coding?.trim().toLowerCase() ?? ''
  if (name === '' || name === 'identity') {
    done(null, bytes)
    return
  }
  const unpack = UNPACK[name]
  if (unpack === undefined) {
    done(
      new HeraldError('media_type_unsupported', 'Content-Encoding: gzip, deflate and br are understood.'),
      bytes,
    )
    return
  }
  unpack(bytes, { maxOutputLength: maxBytes }, (error, plain) => {
    const isTooLarge = error !== null && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    if (error === null) done(null, plain)
    else done(isTooLarge ? tooLarge(maxBytes) : notCoded(name), bytes)
  })
}

/** Says how large it may be: routes differ. */
export const tooLarge = (maxBytes: number): HeraldError =>
  new HeraldError('body_too_large', `The body is larger than ${String(maxBytes / 1024)} KB.`)

const notCoded = (name: string): HeraldError => new HeraldError('invalid_body', `The body is not ${name}.`)

/** Of nearly all bodies; one decoder for all, since none of them comes in parts. */
const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * A body's text. Without a charset it is UTF-8, and bytes that are not are refused: a Windows shell sends GBK, and the phone
 * would show garbage for it. Throws `invalid_body`, `media_type_unsupported` for a charset that nobody knows.
 */
export function decodeText(bytes: Buffer, contentType = ''): string {
  const [, charset = 'utf-8'] = /;\s*charset\s*=\s*"?([^;"\s]+)/i.exec(contentType) ?? []
  const decoder = /^utf-?8$/i.test(charset) ? UTF8 : openDecoder(bytes, charset)
  if (decoder.encoding === 'utf-8' && !isUtf8(bytes))
    throw new HeraldError('invalid_body', 'The body is not UTF-8.')
  try {
    // A byte order mark is no part of the text (https://encoding.spec.whatwg.org/#decode).
    return decoder.decode(bytes)
  } catch {
    throw new HeraldError('invalid_body', `The body is not ${decoder.encoding}.`)
  }
}

function openDecoder(bytes: Buffer, charset: string): TextDecoder {
  // "utf-16" is the little end first to the encoding standard, unless a mark says otherwise.
  const isBigEndian = /^utf-16$/i.test(charset) && bytes[0] === 0xfe && bytes[1] === 0xff
  try {
    return new TextDecoder(isBigEndian ? 'utf-16be' : charset, { fatal: true })
  } catch {
    throw new HeraldError('media_type_unsupported', 'The charset of the body is not known.')
  }
}
