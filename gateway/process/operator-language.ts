/** What the gateway speaks to people at its terminal. */
export type Language = 'en' | 'zh-Hans'

/** The language of the person at this terminal, by the variables that every program goes by. */
export function operatorLanguage(env: NodeJS.ProcessEnv): Language {
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || Intl.DateTimeFormat().resolvedOptions().locale
  return /^zh\b/i.test(locale.replace('_', '-')) ? 'zh-Hans' : 'en'
}
