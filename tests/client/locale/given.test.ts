import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runsRightToLeft } from '@/locale/given'

/** The words of one page: what a host gives holds for as long as it is there. */
async function page(locale: string) {
  vi.stubGlobal('uni', { getLocale: () => locale })
  const { giveWords } = await import('@/locale/given')
  return { giveWords, ...(await import('@/locale')), ...(await import('@/locale/inbox')) }
}

beforeEach(() => {
  vi.resetModules()
})

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the words of a host', () => {
  it('take the place of ours in any dictionary, and leave the others', async () => {
    const { giveWords, t, inboxText, setLanguage } = await page('en')
    giveWords({ en: { 'inbox.newer': '{count} fresh', 'time.today': 'This day' } }, undefined)
    setLanguage('auto')
    expect([inboxText('inbox.newer', { count: 2 }), t('time.today'), t('time.yesterday')]).toEqual([
      '2 fresh',
      'This day',
      'Yesterday',
    ])
  })

  it('are spoken where the system speaks their language, the closest one first', async () => {
    const { giveWords, t, setLanguage } = await page('pt_BR')
    giveWords({ pt: { 'time.today': 'Hoje' }, 'pt-BR': { 'time.today': 'Hoje, no Brasil' } }, undefined)
    setLanguage('auto')
    expect(t('time.today')).toBe('Hoje, no Brasil')
    setLanguage('pt')
    expect(t('time.today')).toBe('Hoje')
    setLanguage('en')
    expect(t('time.today')).toBe('Today')
  })

  it.each([
    ['ar', 'Yesterday'],
    ['zh-Hant', '昨天'],
  ])('of %s are %s where the host has none', async (language, yesterday) => {
    const { giveWords, t, setLanguage } = await page('en')
    giveWords({ [language]: { 'time.today': 'given' } }, undefined)
    setLanguage(language)
    expect([t('time.today'), t('time.yesterday')]).toEqual(['given', yesterday])
  })

  it('can be made by a function, for languages with more plurals', async () => {
    const { giveWords, inboxText, setLanguage } = await page('en')
    giveWords(
      { pl: { 'inbox.newer': ({ count }) => (count === 3 ? '3 wiadomości' : String(count)) } },
      undefined,
    )
    setLanguage('pl')
    expect(inboxText('inbox.newer', { count: 3 })).toBe('3 wiadomości')
  })

  it('say the app’s name where ours say Herald, and nothing else that is written so', async () => {
    const { giveWords, t } = await page('en')
    giveWords(undefined, 'Shop $&')
    expect(t('close.replaced')).toBe('Shop $& was opened elsewhere with this device ID, so it stopped here.')
    expect(t('close.origin')).toContain('HERALD_ORIGINS')
    expect(t('app.name')).toBe('Shop $&')
  })
})

describe('a language', () => {
  it.each([
    ['ar', true],
    ['he-IL', true],
    ['ur-PK', true],
    ['az-Arab', true],
    ['ur-Latn', false],
    ['en', false],
    ['zh-Hans', false],
    ['arn', false],
  ])('%s runs from right to left: %s', (language, runs) => {
    expect(runsRightToLeft(language)).toBe(runs)
  })
})
