import jsQR from 'jsqr'
import type { Session } from '@herald/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { setLanguage } from '@/locale'
import {
  afterLook,
  atTime,
  isLocalLink,
  makingFault,
  timeLeft,
  type LinkView,
} from '@/pages/add-device/device-link'
import { qrPicture } from '@/pages/add-device/qr-picture'
import { findSignInLink, signInLinkOf } from '@/services/session/sign-in-link'

const open: LinkView = { name: 'open', link: 'http://herald.test/#/x', until: 1000, session: 't_new' }

const session = (id: string, label = 'Pixel'): Session => ({
  ...{ id, label, kind: 'token', created: 1, lastUsed: 1, expires: null, current: false },
  devices: [{ id: 'phone-0001', platform: 'android', state: 'foreground', push: false }],
})

beforeEach(() => {
  setLanguage('en')
})

describe('the page that adds a device', () => {
  it('knows by the id of the session that its own code was used, and by whom', () => {
    expect(afterLook(open, [session('t_other')])).toBe(open)
    expect(afterLook(open, [session('t_other'), session('t_new')])).toEqual({ name: 'used', device: 'Pixel' })
    expect(afterLook(open, [session('t_new', '')])).toEqual({ name: 'used', device: 'Android' })
  })

  it('shows no code that is over, and keeps saying that one was used', () => {
    expect(atTime(open, 999)).toBe(open)
    expect(atTime(open, 1000)).toEqual({ name: 'over' })
    const used: LinkView = { name: 'used', device: 'Pixel' }
    expect(atTime(used, 5000)).toBe(used)
    expect(afterLook({ name: 'over' }, [session('t_new')])).toEqual({ name: 'over' })
  })

  it('counts down in minutes and seconds', () => {
    expect([600_000, 59_001, 1, 0, -5].map(timeLeft)).toEqual(['10:00', '1:00', '0:01', '0:00', '0:00'])
  })

  it('says that a link leads to this machine alone', () => {
    expect(isLocalLink('http://localhost:8787/#/x')).toBe(true)
    expect(isLocalLink('http://[::1]/#/x')).toBe(true)
    expect(isLocalLink('https://localhost.example.com/#/x')).toBe(false)
    expect(isLocalLink('http://192.168.1.7:8787/#/x')).toBe(false)
  })

  it('says why there is no code', () => {
    expect(makingFault({ code: 'add_device_forbidden' })).toMatch(/cannot add devices/)
    expect(makingFault({ code: 'not_found' })).toMatch(/too old/)
    expect(makingFault({ code: 'server_unreachable' })).toBe('The server did not respond.')
    expect(makingFault({ code: 'toString' })).toBe('That did not work. Try again.')
  })
})

/** The picture as a camera sees it: every module some pixels wide. */
function pixelsOf(picture: string): { data: Uint8ClampedArray; side: number } {
  const svg = decodeURIComponent(/^url\("data:image\/svg\+xml,(.*)"\)$/.exec(picture)?.[1] ?? '')
  const size = Number(/viewBox='0 0 (\d+) /.exec(svg)?.[1])
  const side = size * 4
  const data = new Uint8ClampedArray(side * side * 4).fill(255)
  for (const [, x, y, width] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let row = Number(y) * 4; row < Number(y) * 4 + 4; row++)
      data.fill(0, (row * side + Number(x) * 4) * 4, (row * side + (Number(x) + Number(width)) * 4) * 4)
  return { data, side }
}

describe('the QR code on the page', () => {
  it('is read as the link, which signs in', () => {
    const link = signInLinkOf({ server: 'https://herald.example.com', code: 'pVb1qYwKX2cTz7mJ4rEa' })
    const { data, side } = pixelsOf(qrPicture(link))
    expect(jsQR(data, side, side)?.data).toBe(link)
    expect(findSignInLink(link)).toEqual({
      server: 'https://herald.example.com',
      code: 'pVb1qYwKX2cTz7mJ4rEa',
    })
  })
})
