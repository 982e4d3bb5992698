// `plus` within a webview: what DCloud's view runtime asks of it. Runs first in every frame.
import { missing, strict, unsimulated } from '../strict'
import type { ScreenEvent, ScreenState, WebviewState } from './screen-state'

interface Phone {
  readonly metrics: { width: number; height: number; scale: number; statusBar: number; homeIndicator: number }
  readonly isIos: boolean
  readonly osVersion: string
}

interface ViewWindow {
  readonly __phone: Phone
  readonly __emulator: (event: ScreenEvent) => Promise<void>
  plus?: object
  weex?: object
}

const scope = globalThis as unknown as ViewWindow
const id = /^webview-(.+)$/.exec(window.name)?.[1]

if (id !== undefined) scope.plus = viewPlus(id, scope)

function viewPlus(webview: string, { __phone: phone, __emulator: tell }: ViewWindow): object {
  const { metrics } = phone
  const report = (path: string) => void tell({ name: 'missing', path: `${path} (in a view)` })
  const named = <T extends object>(name: string, members: T) => strict(`plus.${name}`, members, { report })
  // The screen is of the same origin, and keeps the state that the native layer last drew.
  const screen = (window.parent as unknown as { emulatorScreen: { state: ScreenState } }).emulatorScreen
  const own = (): WebviewState | undefined => screen.state.webviews.find((one) => one.id === webview)

  const current = named('webview.currentWebview()', {
    id: webview,
    getStyle: () => own()?.style ?? {},
    setStyle: (style: object) => void tell({ name: 'style', webview, style }),
    getTitleNView: () => own()?.style.titleNView ?? null,
    setPullToRefresh: () => undefined,
    // There is no keyboard that could cover the input.
    setSoftinputTemporary: () => undefined,
    append: () => missing('plus.webview.WebviewObject.append', report),
  })
  return strict(
    'plus',
    {
      os: named('os', { name: phone.isIos ? 'iOS' : 'Android', version: phone.osVersion }),
      screen: named('screen', {
        scale: metrics.scale,
        getCurrentSize: () => ({ resolutionWidth: metrics.width, resolutionHeight: metrics.height }),
      }),
      navigator: named('navigator', {
        getUIStyle: () => (screen.state.dark ? 'dark' : 'light'),
        getStatusbarHeight: () => metrics.statusBar,
        isImmersedStatusbar: () => true,
        getSafeAreaInsets: () => ({
          top: metrics.statusBar,
          bottom: metrics.homeIndicator,
          left: 0,
          right: 0,
        }),
      }),
      io: named('io', { convertLocalFileSystemURL: (path: string) => `/${path}` }),
      key: named('key', { showSoftKeybord: () => undefined, hideSoftKeybord: () => undefined }),
      webview: named('webview', {
        currentWebview: () => current,
        postMessageToUniNView: (message: unknown) => void tell({ name: 'message', webview, message }),
      }),
      nativeObj: unsimulated('plus.nativeObj', report),
      nativeUI: unsimulated('plus.nativeUI', report),
      downloader: unsimulated('plus.downloader', report),
      maps: unsimulated('plus.maps', report),
      video: unsimulated('plus.video', report),
      ad: unsimulated('plus.ad', report),
    },
    { report },
  )
}
