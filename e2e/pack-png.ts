import { constants, crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE_BYTES = 8

/** The same picture in fewer bytes: browsers compress their screenshots for speed. */
export function packPng(png: Buffer): Buffer {
  const parts = [png.subarray(0, SIGNATURE_BYTES)]
  const pixels: Buffer[] = []
  for (let at = SIGNATURE_BYTES; at < png.length;) {
    const length = png.readUInt32BE(at)
    const type = png.toString('latin1', at + 4, at + 8)
    const data = png.subarray(at + 8, at + 8 + length)
    if (type === 'IDAT') pixels.push(data)
    else if (type === 'IHDR') parts.push(chunk(type, data))
    at += length + 12
  }
  const packed = deflateSync(inflateSync(Buffer.concat(pixels)), {
    level: 9,
    memLevel: 9,
    strategy: constants.Z_DEFAULT_STRATEGY,
  })
  return Buffer.concat([...parts, chunk('IDAT', packed), chunk('IEND', Buffer.alloc(0))])
}

/** PNG (third edition) §5.3: length, type, data, CRC of the type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const framed = Buffer.alloc(data.length + 12)
  framed.writeUInt32BE(data.length, 0)
  framed.write(type, 4, 'latin1')
  data.copy(framed, 8)
  framed.writeUInt32BE(crc32(framed.subarray(4, 8 + data.length)), data.length + 8)
  return framed
}
