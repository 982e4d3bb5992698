import { PlatformSchema, type Session } from '@herald/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { setLanguage } from '@/locale'
import { usePageLocale } from '@/locale/pages'
import { sessionLines } from '@/pages/devices/session-words'

const NOW = new Date(2026, 5, 10, 12, 0).getTime()
const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

const phone = { id: 'phone-0001', platform: 'ios', state: 'away', push: true } as const

const sessionOf = (changes: Partial<Session> = {}): Session => ({
  ...{ id: 't_1', kind: 'token', label: 'Ann’s phone', created: NOW - DAY_MS, expires: null },
  ...{ lastUsed: NOW - 5 * MINUTE_MS, current: false, devices: [phone] },
  ...changes,
})

const linesOf = (...sessions: Session[]) => sessionLines(sessions, 'own-device', NOW, usePageLocale())
const aboutOf = (changes: Partial<Session>) => linesOf(sessionOf(changes))[0]?.about

beforeEach(() => {
  setLanguage('en')
})

describe('the list of devices', () => {
  it('begins with this one', () => {
    const lines = linesOf(sessionOf({ id: 't_2' }), sessionOf({ id: 't_own', current: true }))
    expect(lines.map(({ id, current }) => [id, current])).toEqual([
      ['t_own', true],
      ['t_2', false],
    ])
  })

  it('calls a session by its label, and by the kind of device where there is none', () => {
    const names = linesOf(
      sessionOf(),
      sessionOf({ id: 't_2', label: ' ' }),
      sessionOf({ id: 'device:phone-0001', kind: 'device', label: 'JWT' }),
      sessionOf({ id: 't_3', label: '', devices: [] }),
    ).map(({ name }) => name)
    expect(names).toEqual(['Ann’s phone', 'iPhone or iPad', 'iPhone or iPad', 'Unnamed device'])
  })

  it('has a word for each platform', () => {
    for (const platform of PlatformSchema.options)
      expect(linesOf(sessionOf({ label: '', devices: [{ ...phone, platform }] }))[0]?.name).not.toContain(
        'devices.',
      )
  })

  it.each([
    ['open now', { devices: [{ ...phone, state: 'foreground' as const }] }, 'Open now'],
    [
      'in the background',
      { devices: [{ ...phone, state: 'background' as const }] },
      'Running in the background',
    ],
    ['minutes ago', {}, 'Last used 5 min ago'],
    ['yesterday', { lastUsed: NOW - DAY_MS }, 'Last used Yesterday, 12:00'],
    ['never', { lastUsed: null }, 'Never used'],
  ])('says when a device was used: %s', (_when, changes, words) => {
    expect(aboutOf(changes)?.[1]).toBe(words)
  })

  it('says that a pasted token is used on more devices, and since when one is signed in', () => {
    expect(aboutOf({ devices: [phone, { ...phone, id: 'phone-0002' }] })).toEqual([
      ...['iPhone or iPad', 'Last used 5 min ago', '1 other device uses the same token'],
      'Signed in: Yesterday',
    ])
    expect(aboutOf({ created: null })).toEqual(['iPhone or iPad', 'Last used 5 min ago'])
  })
})
