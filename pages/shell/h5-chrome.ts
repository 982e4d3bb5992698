import { t } from '@/locale'

/**
 * Makes uni's tab bar usable by keyboard and screen reader: it is made of plain divs, and images without an
 * alternative text. Only for H5.
 */
export function dressTabBar(): void {
  const bar = document.querySelector('.uni-tabbar')
  if (!bar) return
  bar.setAttribute('role', 'navigation')
  bar.setAttribute('aria-label', t('tab.bar'))
  const chosen = getCurrentPages().at(-1)?.route
  bar.querySelectorAll<HTMLElement>('.uni-tabbar__item').forEach((item, index) => {
    item.setAttribute('role', 'link')
    item.tabIndex = 0
    if (chosen === TAB_ROUTES[index]) item.setAttribute('aria-current', 'page')
    else item.removeAttribute('aria-current')
    item.querySelector('img')?.setAttribute('alt', '')
    item.onkeydown = pressByKey
  })
}

/** Gives the title bar its roles, and its back arrow a name and a tab stop. */
export function dressTitleBar(): void {
  document.querySelector('.uni-page-head')?.parentElement?.setAttribute('role', 'banner')
  const title = document.querySelector('.uni-page-head__title')
  title?.setAttribute('role', 'heading')
  title?.setAttribute('aria-level', '1')
  document.querySelectorAll<HTMLElement>('.uni-page-head-hd > .uni-page-head-btn').forEach((button) => {
    button.setAttribute('role', 'button')
    button.setAttribute('aria-label', t('nav.back'))
    button.tabIndex = 0
    button.onkeydown = pressByKey
  })
}

const TAB_ROUTES = ['pages/inbox/inbox', 'pages/feeds/feeds', 'pages/settings/settings']

function pressByKey(event: KeyboardEvent): void {
  if (event.key !== 'Enter' && event.key !== ' ') return
  event.preventDefault()
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.click()
}
