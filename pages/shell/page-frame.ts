import { onHide, onShow, onUnload } from '@dcloudio/uni-app'
import { nextTick, watch } from 'vue'
import { setLanguage, useLocale } from '@/locale'
import { useAppStore } from '@/store'
import { applyBadge } from '@/store/notifications'
import { nameTabs, paintChrome, useTheme } from './appearance'
// #ifdef H5
import { dressTitleBar } from './h5-chrome'
// #endif

/**
 * What each page owes to the app while it is on top: its title, the colours of the bars, the language, and to
 * leave for the sign-in page when nobody is signed in.
 */
export function usePageFrame(frame: { title: () => string; tab?: boolean; open?: boolean }): void {
  const store = useAppStore()
  const { scheme } = useTheme()
  const { language } = useLocale()
  let onTop = false

  function dress(): void {
    if (!onTop) return
    void uni.setNavigationBarTitle({ title: frame.title() })
    paintChrome(store.state.settings.theme, scheme.value, frame.tab === true)
    if (frame.tab === true) {
      nameTabs(scheme.value)
      applyBadge()
    }
    // #ifdef H5
    void nextTick(dressTitleBar)
    // #endif
  }

  function guard(): void {
    if (onTop && frame.open !== true && store.state.session.status === 'signedOut') {
      void uni.reLaunch({ url: '/pages/sign-in/sign-in' })
    }
  }

  onShow(() => {
    onTop = true
    dress()
    guard()
  })
  const leave = (): void => {
    onTop = false
  }
  onHide(leave)
  onUnload(leave)
  watch(() => store.state.settings.language, setLanguage, { immediate: true })
  watch([language, scheme, () => store.state.settings.theme, frame.title], dress, { flush: 'post' })
  watch(() => store.state.session.status, guard)
}
