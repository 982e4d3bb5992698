import { describe, expect, it } from 'vitest'
import { renderWelcome, signInLink } from '../../../gateway/process/quickstart'
import { readQrCode } from './read-qr-code'

const near = signInLink('http://192.168.178.23:8787', 'zRz1JbQ6m9QK4Xg2hJt5YQ')
const welcome = {
  url: 'http://localhost:8787',
  hasApp: true,
  computerLink: signInLink('http://localhost:8787', 'Hn0mUeV4w7b8r3c2T1a6Xg'),
  phoneLink: near,
  nearby: true,
  user: 'me',
  command: 'herald',
  publishTokenFile: '/srv/herald/publish-token',
}
const WIDE = { isTTY: true, columns: 100 }

describe('the welcome', () => {
  it.each([
    ['en_US.UTF-8', 'On a phone in the same network: scan this, or open'],
    ['zh_CN.UTF-8', '在同一局域网的手机上：扫码，或打开'],
  ])('has for a phone nearby a link and a QR code of that link (%s)', (LANG, title) => {
    const text = renderWelcome(welcome, { LANG }, WIDE)
    expect(text).toContain(title)
    expect(text).toContain(near)
    expect(readQrCode(text)).toBe(near)
  })

  it('has the link alone on a terminal that is too narrow for the code', () => {
    const text = renderWelcome(welcome, { LANG: 'en' }, { isTTY: true, columns: 42 })
    expect(text).toContain(near)
    expect(readQrCode(text)).toBeNull()
  })
})
