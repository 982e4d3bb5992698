import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  lastServer,
  readSession,
  writeRecipient,
  writeSession,
  type SessionRecord,
} from '@/services/session/session-record'
import { defaultSettings, readSettings, writeSettings, type Settings } from '@/services/storage/settings'
import { MemoryKeyValue } from '@/services/storage/key-value'

const SESSION: SessionRecord = {
  ...{ server: 'https://gateway', token: 'hld_1', tokenId: 't_1', origin: 'link' },
  user: { id: 'me', name: 'Me' },
  recipient: 'r_1',
}

function saved(key: string, value: unknown): MemoryKeyValue {
  const store = new MemoryKeyValue()
  store.set(key, value)
  return store
}

describe('a saved session', () => {
  test('comes back as it was saved, with and without a recipient', () => {
    const store = new MemoryKeyValue()
    writeSession(store, SESSION)
    expect(readSession(store)).toEqual(SESSION)
    const { recipient: _, ...without } = SESSION
    writeSession(store, without)
    expect(readSession(store)).toEqual(without)
  })

  test('of a chat account alone comes back too, and the gateway of before is still offered', () => {
    const store = new MemoryKeyValue()
    writeSession(store, SESSION)
    const alone: SessionRecord = {
      ...{ server: '', token: '', tokenId: '', origin: 'chat' },
      user: { id: 'a2b3', name: 'ann@example.org' },
    }
    writeSession(store, alone)
    expect(readSession(store)).toEqual(alone)
    expect(lastServer(store)).toBe('https://gateway')
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'session'],
    ['no token', { ...SESSION, token: undefined }],
    ['a number for a server', { ...SESSION, server: 1 }],
    ['no id of the token', { ...SESSION, tokenId: null }],
    ['another origin', { ...SESSION, origin: 'guessed' }],
    ['no user', { ...SESSION, user: null }],
    ['a user without a name', { ...SESSION, user: { id: 'me' } }],
    ['a user whose id is none', { ...SESSION, user: { id: '../me', name: 'Me' } }],
    ['a recipient that is no text', { ...SESSION, recipient: 7 }],
  ])('is none when there is %s', (_, value) => {
    expect(readSession(saved('session', value))).toBeNull()
  })

  test('takes the recipient of its own life and of no earlier one, whoever still waits for that', () => {
    const newer = { ...SESSION, token: 'hld_2', tokenId: 't_2', recipient: undefined }
    const store = new MemoryKeyValue()
    writeSession(store, newer)
    writeRecipient(store, SESSION, 'r_old')
    expect(readSession(store)?.recipient).toBeUndefined()
    writeRecipient(store, { ...newer, token: 'hld_3' }, 'r_new')
    expect(readSession(store)).toMatchObject({ token: 'hld_2', recipient: 'r_new' })
  })
})

describe('saved settings', () => {
  test('come back as they were saved', () => {
    const chosen: Settings = {
      ...{ language: 'zh-Hans', theme: 'dark', notifications: false, sound: false, vibration: false },
      ...{
        preview: false,
        pictures: 'never',
        offCard: false,
        quietHours: { enabled: true, from: '23:59', to: '00:00' },
      },
    }
    const store = new MemoryKeyValue()
    writeSettings(store, chosen)
    expect(readSettings(store)).toEqual(chosen)
  })

  test('fall back field by field, whatever stands there', () => {
    const bad = fc.oneof(fc.integer(), fc.string({ minLength: 6 }), fc.constant(null), fc.array(fc.boolean()))
    fc.assert(
      fc.property(fc.constantFrom(...fields), bad, (field, value) => {
        const store = saved('settings', { ...defaultSettings, theme: 'dark', [field]: value })
        const expected = { ...defaultSettings, theme: 'dark', [field]: defaultSettings[field] }
        expect(readSettings(store)).toEqual(expected)
      }),
    )
  })

  test('with quiet hours that are no times of day have the default ones', () => {
    for (const quietHours of [
      {},
      { enabled: true, from: '24:00', to: '07:00' },
      { from: '22:00', to: '07:00' },
    ])
      expect(readSettings(saved('settings', { quietHours }))).toEqual(defaultSettings)
  })

  test('take up nothing that is no setting', () => {
    const store = saved('settings', { theme: 'light', admin: true, toString: 1 })
    expect(readSettings(store)).toEqual({ ...defaultSettings, theme: 'light' })
  })
})

const fields = Object.keys(defaultSettings) as (keyof Settings)[]
