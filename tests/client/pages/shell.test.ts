import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { closeCodes, mayReconnect } from '@herald/protocol'
import firstWords from '@/locale/en.json'
import pageWords from '@/locale/pages/en.json'
import { barColours, tabIcons } from '@/pages/shell/bar-colours'
import { describeClose, describeConnection } from '@/sdk/settings/connection-state'
import { connectionNotice, countsDown, retryInSeconds } from '@/sdk/connection-words'
import { permissionWords } from '@/sdk/settings/permission-words'
import { isInsecure, serverOfPage } from '@/pages/sign-in/server-address'
import type { ConnectionState } from '@/sdk/state'

const en = { ...firstWords, ...pageWords }
const NOW = 1_000_000
const connection = (patch: Partial<ConnectionState>): ConnectionState => ({
  name: 'live',
  code: null,
  closeName: null,
  retryAt: null,
  networkOnline: true,
  leader: true,
  storageFailed: false,
  ...patch,
})

describe('the words about the connection', () => {
  it('are none when all is well, and at the first try', () => {
    expect(connectionNotice(connection({}), NOW, false)).toBeNull()
    expect(connectionNotice(connection({ name: 'connecting' }), NOW, false)).toBeNull()
    expect(connectionNotice(connection({ name: 'suspended' }), NOW, false)).toBeNull()
    expect(connectionNotice(connection({ name: 'stopped' }), NOW, false)).toBeNull()
  })

  it('stay while it tries again after a failure', () => {
    expect(connectionNotice(connection({ name: 'connecting' }), NOW, true)?.key).toBe('strip.connecting')
  })

  it('count down whole seconds, and never show 0', () => {
    expect(retryInSeconds(connection({ retryAt: NOW + 4001 }), NOW)).toBe(5)
    expect(retryInSeconds(connection({ retryAt: NOW - 50 }), NOW)).toBe(1)
  })

  it('put a missing network before everything that follows from it', () => {
    expect(connectionNotice(connection({ name: 'waiting', networkOnline: false }), NOW, true)?.key).toBe(
      'strip.offline',
    )
  })

  it('exist for every close code after which the client stops', () => {
    for (const [closeName, code] of Object.entries(closeCodes)) {
      if (mayReconnect(code)) continue
      const notice = connectionNotice(connection({ name: 'stopped', code, closeName }), NOW, false)
      expect(notice?.key, closeName).toBeDefined()
      expect(notice !== null && notice.key in en).toBe(true)
    }
  })

  it('describe every state and every close on the settings page', () => {
    for (const name of ['stopped', 'suspended', 'waiting', 'connecting', 'live'] as const) {
      expect(describeConnection(connection({ name }), NOW).key in en).toBe(true)
    }
    for (const closeName of Object.keys(closeCodes)) {
      const key = describeClose(closeName)
      if (key !== null) expect(key in en).toBe(true)
    }
  })
})

describe('the words about the connection, as time passes', () => {
  it('change by the second only while a dial is waited for and there is a network', () => {
    expect(countsDown(connection({ name: 'waiting' }))).toBe(true)
    expect(countsDown(connection({ name: 'waiting', networkOnline: false }))).toBe(false)
    for (const name of ['live', 'connecting', 'suspended', 'stopped'] as const)
      expect(countsDown(connection({ name }))).toBe(false)
  })
})

describe('the words about the right to notify', () => {
  it('offer the request only where it can still be asked', () => {
    expect(permissionWords('default', null, false).fix).toBe('request')
    expect(permissionWords('granted', null, true).fix).toBeNull()
    expect(permissionWords('unsupported', 'insecure', false)).toMatchObject({
      text: 'permission.insecure',
      fix: null,
    })
  })

  it('send to the system’s settings where they can be opened, and explain where not', () => {
    expect(permissionWords('denied', null, true)).toMatchObject({
      text: 'permission.deniedText',
      fix: 'openSettings',
    })
    expect(permissionWords('denied', null, false)).toMatchObject({
      text: 'permission.deniedBrowser',
      fix: null,
    })
  })
})

describe('the bars’ colours', () => {
  it('are those of theme.json', () => {
    const theme = JSON.parse(readFileSync(new URL('../../../theme.json', import.meta.url), 'utf8')) as Record<
      'light' | 'dark',
      Record<string, string>
    >
    for (const scheme of ['light', 'dark'] as const) {
      expect(theme[scheme]).toMatchObject(barColours[scheme])
      expect([0, 1, 2].map((index) => tabIcons(scheme, index).iconPath)).toEqual(
        ['inbox', 'feeds', 'settings'].map((tab) => `/${theme[scheme][`${tab}Icon`] ?? ''}`),
      )
    }
  })
})

describe('a server’s address', () => {
  it.each([
    ['http://herald.example.com', true],
    ['http://192.168.1.5:8787', true],
    ['HTTP://nas/', true],
    ['http://localhost:8787', false],
    ['http://127.0.0.1:8787', false],
    ['http://[::1]:8787', false],
    ['https://herald.example.com', false],
    ['herald.example.com', false],
    ['', false],
  ])('%s is insecure: %s', (server, insecure) => {
    expect(isInsecure(server)).toBe(insecure)
  })

  it('is where the page came from, under a path too', () => {
    expect(serverOfPage({ origin: 'https://h.example', pathname: '/' })).toBe('https://h.example')
    expect(serverOfPage({ origin: 'https://h.example', pathname: '/index.html' })).toBe('https://h.example')
    expect(serverOfPage({ origin: 'https://h.example', pathname: '/herald/' })).toBe(
      'https://h.example/herald',
    )
  })
})
