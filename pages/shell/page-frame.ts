import { onHide, onShow, onUnload } from '@dcloudio/uni-app'
import { nextTick, watch } from 'vue'
import { setLanguage, useLocale } from '@/locale'
import { useHerald } from '@/sdk/composables'
import { nameTabs, paintChrome, useTheme } from './appearance'
// #ifdef H5
import { dressTitleBar } from './h5-chrome'
import { withdrawDialog } from './overlay'
// #endif

interface PageFrame {
  readonly title: () => string
  /** It is a page of the tab bar. */
  readonly tab?: boolean
  /** Also for who is not signed in. */
  readonly open?: boolean
  /** It keeps controls right below its title bar, which a banner must leave free. */
  readonly controls?: boolean
}

/**
 * What each page owes to the app while it is on top: its title, the colours of the bars, the language, and to
 * leave for the sign-in page when nobody is signed in.
 */
export function usePageFrame(frame: PageFrame): void {
  const herald = useHerald()
  const { scheme } = useTheme()
  const { language } = useLocale()
  let onTop = false

  function dress(): void {
    if (!onTop) return
    void uni.setNavigationBarTitle({ title: frame.title() })
    paintChrome(herald.state.settings.theme, scheme.value, frame.tab === true)
    if (frame.tab === true) {
      nameTabs(scheme.value)
      herald.applyBadge()
    }
    // #ifdef H5
    void nextTick(dressTitleBar)
    // #endif
  }

  function guard(): void {
    if (onTop && frame.open !== true && herald.state.session.status === 'signedOut') {
      void uni.reLaunch({ url: '/pages/sign-in/sign-in' })
    }
  }

  onShow(() => {
    onTop = true
    herald.banner.place.value = frame.controls === true ? 'bar' : frame.tab === true ? 'over' : 'below'
    dress()
    guard()
  })
  const leave = (): void => {
    onTop = false
  }
  onHide(leave)
  onUnload(leave)
  watch(() => herald.state.settings.language, setLanguage, { immediate: true })
  watch([language, scheme, () => herald.state.settings.theme, frame.title], dress, { flush: 'post' })
  watch(() => herald.state.session.status, guard)
  // #ifdef H5
  // Another tab may sign somebody else in. Where one signs in, a question asks again by itself.
  if (frame.open !== true) watch(() => herald.state.session.user?.id, withdrawDialog)
  // #endif
}
