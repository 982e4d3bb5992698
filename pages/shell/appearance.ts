import { computed, nextTick, ref, type ComputedRef } from 'vue'
import { t, useLocale } from '@/locale'
import { useHerald } from '@/sdk/composables'
import { barColours, tabIcons } from './bar-colours'
// #ifdef H5
import { dressTabBar } from './h5-chrome'
// #endif

export type Scheme = 'light' | 'dark'

const systemScheme = ref<Scheme>('light')
let listening = false

/** Follows the system's light or dark from the first use on. */
function followSystem(): void {
  if (listening) return
  listening = true
  systemScheme.value = readSystemScheme()
  uni.onThemeChange(({ theme: next }) => {
    systemScheme.value = next === 'dark' ? 'dark' : 'light'
  })
}

function readSystemScheme(): Scheme {
  // #ifdef H5
  if (window.matchMedia('(prefers-color-scheme: dark)').matches) return 'dark'
  // #endif
  // #ifndef H5
  if (uni.getSystemInfoSync().theme === 'dark') return 'dark'
  // #endif
  return 'light'
}

/** The theme of the app: the class for a page's root, and what it comes to now. */
export function useTheme(): { themeClass: ComputedRef<string>; scheme: ComputedRef<Scheme> } {
  followSystem()
  const herald = useHerald()
  const themeClass = computed(() => `herald-theme-${herald.state.settings.theme}`)
  const scheme = computed(() => {
    const chosen = herald.state.settings.theme
    return chosen === 'auto' ? systemScheme.value : chosen
  })
  return { themeClass, scheme }
}

/** Colours what is not the page's own: title bar, tab bar, <html>. To be called while a page is on top. */
export function paintChrome(chosen: Scheme | 'auto', scheme: Scheme, onTabPage: boolean): void {
  // #ifdef H5
  const root = document.documentElement
  root.className = `herald-theme-${chosen}`
  root.lang = useLocale().language.value === 'zh-Hans' ? 'zh-Hans' : 'en'
  // #endif
  // #ifdef APP
  // Recolours native bars by theme.json and what the webview answers to prefers-color-scheme.
  const nativeUI = plus.nativeUI as unknown as { setUIStyle?: (style: string) => void }
  nativeUI.setUIStyle?.(chosen)
  // #endif
  // #ifndef APP
  const colours = barColours[scheme]
  uni.setNavigationBarColor({
    frontColor: scheme === 'dark' ? '#ffffff' : '#000000',
    backgroundColor: colours.navBackground,
    fail: ignoreGone,
  })
  if (onTabPage) {
    uni.setTabBarStyle({
      color: colours.tabText,
      selectedColor: colours.tabTextSelected,
      backgroundColor: colours.tabBackground,
      borderStyle: scheme === 'dark' ? 'white' : 'black',
      fail: ignoreGone,
    })
  }
  // #endif
}

/** Words and icons of the tab bar, in the app's language and theme. */
export function nameTabs(scheme: Scheme): void {
  const names = [t('tab.inbox'), t('tab.feeds'), t('tab.settings')]
  names.forEach((text, index) => {
    uni.setTabBarItem({ index, text, ...tabIcons(scheme, index), fail: ignoreGone })
  })
  // #ifdef H5
  void nextTick(dressTabBar)
  // #endif
}

/** The page left while it was being painted; the next one paints itself. */
function ignoreGone(): void {
  return
}
