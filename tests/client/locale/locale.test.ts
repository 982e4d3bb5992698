import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { closeCodes } from '@herald/protocol'
import alertsEn from '@/locale/alerts/en.json'
import alertsZhHans from '@/locale/alerts/zh-Hans.json'
import phonesEn from '@/locale/phones/en.json'
import phonesZhHans from '@/locale/phones/zh-Hans.json'
import chatsEn from '@/locale/chats/en.json'
import chatsZhHans from '@/locale/chats/zh-Hans.json'
import devicesEn from '@/locale/devices/en.json'
import devicesZhHans from '@/locale/devices/zh-Hans.json'
import { lookUp, resolveLanguage, setLanguage, t, translate } from '@/locale'
import firstEn from '@/locale/en.json'
import inboxEn from '@/locale/inbox/en.json'
import inboxZhHans from '@/locale/inbox/zh-Hans.json'
import { lookUpPage, pageText } from '@/locale/pages'
import pagesEn from '@/locale/pages/en.json'
import pagesZhHans from '@/locale/pages/zh-Hans.json'
import signInEn from '@/locale/sign-in/en.json'
import signInZhHans from '@/locale/sign-in/zh-Hans.json'
import firstZhHans from '@/locale/zh-Hans.json'

const ROOT = resolve(import.meta.dirname, '../../..')
const SOURCES = [
  'pages',
  'components',
  'locale',
  'services',
  'sdk',
  'store',
  'App.vue',
  'main.ts',
  'pages.json',
]

/** Keys that code puts together: `lookUp` with a code, or a template. */
const COMPUTED =
  /^(?:failure|chats\.(?:error|problem)|alert\.(?:channel|feed)|devices\.leg|signIn\.(?:error|ended))\./

const en = {
  ...alertsEn,
  ...firstEn,
  ...pagesEn,
  ...phonesEn,
  ...chatsEn,
  ...devicesEn,
  ...inboxEn,
  ...signInEn,
}
const zhHans = {
  ...alertsZhHans,
  ...firstZhHans,
  ...pagesZhHans,
  ...phonesZhHans,
  ...chatsZhHans,
  ...devicesZhHans,
  ...inboxZhHans,
  ...signInZhHans,
}
const source = SOURCES.map(readAll).join('\n')
const keys = Object.keys(en)

function readAll(path: string): string {
  const full = join(ROOT, path)
  if (/\.(?:vue|ts|json)$/.test(path)) return /locale\/.*\.json$/.test(path) ? '' : readFileSync(full, 'utf8')
  return readdirSync(full, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /\.(?:vue|ts)$/.test(entry.name))
    .map((entry) => readAll(`${path}/${entry.name}`))
    .join('\n')
}

const holesOf = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

describe('the words', () => {
  it('have the same keys in both languages', () => {
    expect(Object.keys(zhHans)).toEqual(keys)
  })

  it('stand in one dictionary each', () => {
    const all = [alertsEn, phonesEn, firstEn, pagesEn, devicesEn, inboxEn, signInEn].flatMap((words) =>
      Object.keys(words),
    )
    expect(all).toEqual([...new Set(all)])
  })

  it('have the same parameters in both languages', () => {
    for (const [key, text] of Object.entries(en)) {
      expect([key, holesOf(zhHans[key as keyof typeof zhHans])]).toEqual([key, holesOf(text)])
    }
  })

  it('are never empty, and a plural has two forms', () => {
    for (const text of [...Object.values(en), ...Object.values(zhHans)]) {
      expect(text.trim()).not.toBe('')
      expect(text.split('|').length).toBeLessThanOrEqual(2)
    }
  })

  it('are all used', () => {
    const unused = keys.filter(
      (key) => !COMPUTED.test(key) && !source.includes(`'${key}'`) && !source.includes(`%${key}%`),
    )
    expect(unused).toEqual([])
  })

  it('exist for every key that code names', () => {
    const prefixes = [
      ...new Set(keys.filter((key) => key.includes('.')).map((key) => key.split('.')[0])),
    ].join('|')
    const named = source.matchAll(
      new RegExp(
        `(?:\\bt\\(|\\blookUp(?:Page)?\\(|key: |: |\\? |return )'((?:${prefixes})\\.[a-zA-Z.]+)'`,
        'g',
      ),
    )
    const missing = [...named].map((match) => match[1] ?? '').filter((key) => !(key in en))
    expect(missing).toEqual([])
  })

  it('tell why a session ended for each close code about the token or its user', () => {
    for (const name of Object.keys(closeCodes).filter((code) => /^token_|^user_/.test(code))) {
      expect(`signIn.ended.${name}` in en, name).toBe(true)
    }
  })
})

describe('a text', () => {
  it('takes its parameters, and leaves a hole that has none', () => {
    expect(pageText('feeds.mute', { name: 'ops' })).toBe('Mute ops')
    expect(pageText('feeds.mute', {})).toBe('Mute {name}')
  })

  it('is singular for one and plural otherwise, in English', () => {
    const count = (language: 'en' | 'zh-Hans', of: number) =>
      translate(language, 'alert.summary.title', { count: of })
    expect(count('en', 1)).toBe('1 new message')
    expect(count('en', 0)).toBe('0 new messages')
    expect(count('en', 21)).toBe('21 new messages')
    expect(count('zh-Hans', 1)).toBe('1 条新消息')
  })

  it('follows the language that is set', () => {
    setLanguage('zh-Hans')
    expect([t('tab.inbox'), pageText('tab.inbox'), pageText('settings.language')]).toEqual([
      '收件箱',
      '收件箱',
      '语言',
    ])
    setLanguage('en')
    expect([t('tab.inbox'), pageText('tab.inbox'), pageText('settings.language')]).toEqual([
      'Inbox',
      'Inbox',
      'Language',
    ])
  })

  it('is its key when nobody knows it', () => {
    expect(lookUp('failure.teapot')).toBe('failure.teapot')
    expect(lookUp('toString')).toBe('toString')
    expect(lookUpPage('failure.teapot')).toBe('failure.teapot')
  })
})

describe('the language', () => {
  it.each([
    ['auto', 'zh-Hans', 'zh-Hans'],
    ['auto', 'zh_CN', 'zh-Hans'],
    ['auto', 'zh-Hant-TW', 'zh-Hans'],
    ['auto', 'zhx', 'en'],
    ['auto', 'de-DE', 'en'],
    ['en', 'zh-CN', 'en'],
    ['zh-Hans', 'en-US', 'zh-Hans'],
  ] as const)('chosen %s on a system of %s is %s', (chosen, system, language) => {
    expect(resolveLanguage(chosen, system)).toBe(language)
  })
})
