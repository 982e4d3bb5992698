/** What a frame is made of; by default it is whole, masked and without reserved bits. */
export interface FrameParts {
  readonly opcode: number
  readonly payload?: Buffer
  readonly isFinal?: boolean
  readonly isMasked?: boolean
  readonly reserved?: number
}

/** A frame as a client sends it, or as it must not. */
export function frame({
  opcode,
  payload = Buffer.alloc(0),
  isFinal = true,
  isMasked = true,
  reserved = 0,
}: FrameParts) {
  const first = (isFinal ? 0x80 : 0) | reserved | opcode
  const bit = isMasked ? 0x80 : 0
  const { length } = payload
  const header =
    length < 126
      ? Buffer.from([first, bit | length])
      : length < 65_536
        ? Buffer.from([first, bit | 126, length >> 8, length & 0xff])
        : Buffer.concat([Buffer.from([first, bit | 127, 0, 0, 0, 0]), Buffer.alloc(4)])
  if (length >= 65_536) header.writeUInt32BE(length, 6)
  if (!isMasked) return Buffer.concat([header, payload])
  const mask = Buffer.from([0x12, 0xf3, 0x04, 0x9a])
  const masked = Buffer.from(payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)))
  return Buffer.concat([header, mask, masked])
}
