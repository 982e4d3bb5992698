import { t } from '@/locale'
// #ifndef H5
import { phoneText } from '@/locale/phones'
// #endif
import { say } from './overlay'

/** What a tap may open. The protocol's schema says the same; markdown comes past it. */
const SAFE_LINK = /^(?:https?:\/\/|mailto:|tel:)[^\s<>"]+$/i

export const isSafeLink = (link: string): boolean => SAFE_LINK.test(link)

/**
 * Opens a link outside the app; a mini-program cannot, and copies it, as HarmonyOS does where it cannot. Older messages may
 * hold links that nothing can open: a tap on one is answered.
 */
export function openLink(link: string): void {
  if (!isSafeLink(link)) return
  // #ifdef H5
  try {
    // As the browser will read it: with `noopener` it tells nobody whether it opened anything.
    const { href } = new URL(link)
    if (/^http/.test(href)) window.open(href, '_blank', 'noopener,noreferrer')
    else window.location.href = href
  } catch {
    say(t('link.broken'))
  }
  // #endif
  // #ifdef APP-PLUS
  plus.runtime.openURL(link, () => {
    say(t('link.broken'))
  })
  // #endif
  // #ifdef APP-HARMONY
  if (!openByPlus(link)) copyText(link, phoneText('link.copiedInstead'))
  // #endif
  // #ifdef MP
  copyText(link, phoneText('link.copiedInstead'))
  // #endif
}

// #ifdef APP-HARMONY
/** HarmonyOS has a part of `plus`, and no document says whether it has this. */
function openByPlus(link: string): boolean {
  const { plus } = globalThis as unknown as { plus?: { runtime?: { openURL?: (link: string) => void } } }
  const open = plus?.runtime?.openURL
  open?.call(plus?.runtime, link)
  return open !== undefined
}
// #endif

/** Puts text on the clipboard and says so. */
export function copyText(text: string, done: string): void {
  // #ifdef H5
  say(writeClipboard(text) ? done : t('copy.failed'))
  // #endif
  // #ifndef H5
  uni.setClipboardData({
    data: text,
    showToast: false,
    success: () => {
      say(done)
    },
    fail: (error: unknown) => {
      // WeChat gives the clipboard to no app whose owner has not declared it, and its users could do nothing about that.
      const { errMsg = '' } = (error ?? {}) as { errMsg?: string }
      say(errMsg.includes('privacy agreement') ? phoneText('copy.undeclared') : t('copy.failed'))
    },
  })
  // #endif
}

// #ifdef H5
/** By a selection, since `navigator.clipboard` is not there over plain http, where Herald often runs first. */
function writeClipboard(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.style.position = 'fixed'
  field.style.opacity = '0'
  document.body.append(field)
  field.select()
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- nothing else works over plain http
  const copied = document.execCommand('copy')
  field.remove()
  return copied
}
// #endif
