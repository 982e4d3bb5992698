import { describe, expect, it } from 'vitest'
import { drawQrCode } from '../../../gateway/process/qr-code'
import { readQrCode } from './read-qr-code'

const LINK = 'http://192.168.178.23:8787/#/pages/sign-in/sign-in?code=Zm9vYmFyYmF6cXV4cXV1eA'
const BLACK_ON_WHITE = '\u001b[30;107m'
const RESET = '\u001b[0m'
const WIDE = { isTTY: true, columns: 120 }

describe('a QR code on a terminal', () => {
  it('is read by a program that others wrote', () => {
    expect(readQrCode(drawQrCode(LINK, WIDE).join('\n'))).toBe(LINK)
  })

  it('is black on white, and as wide as it is high to the eye', () => {
    const lines = drawQrCode(LINK, WIDE)
    const bare = lines.map((line) => line.slice(BLACK_ON_WHITE.length, -RESET.length))
    expect(lines).toEqual(bare.map((line) => BLACK_ON_WHITE + line + RESET))
    for (const line of bare) {
      expect(line).toMatch(/^[ ▀▄█]+$/)
      expect(Math.ceil(line.length / 2)).toBe(lines.length)
    }
  })

  it('is left out where it would be torn, or where there is no terminal', () => {
    expect(drawQrCode(LINK, { isTTY: true, columns: 40 })).toEqual([])
    expect(drawQrCode(LINK, { isTTY: true, columns: 46 }, 8)).toEqual([])
    expect(drawQrCode(LINK, {})).toEqual([])
  })

  it('is drawn on a terminal that does not say its width', () => {
    expect(drawQrCode(LINK, { isTTY: true, columns: 0 })).not.toEqual([])
  })
})
