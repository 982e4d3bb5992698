import type { WebviewState, WebviewStyle } from '../chrome/screen-state'
import { Listeners } from '../listeners'
import { strict } from '../strict'
import { listenersApi, type NativeHost } from './host'

/** The app's pages are webviews; the first is there before the app's script runs. */
export const LAUNCH_WEBVIEW = '1'
const VIEW_URL = '_www/__uniappview.html'

/** What DCloud's runtime keeps on a webview object by itself. */
const RUNTIME_FIELDS = ['loaded', 'nvue', 'popupSubNVueWebviews']

interface Webview {
  readonly id: string
  readonly listeners: Listeners
  readonly api: object
}

/** `plus.webview`, and what the rest of the native layer does to webviews. */
export function openWebviews(host: NativeHost) {
  const { screen, device } = host
  const webviews = new Map<string, Webview>()
  const last = () => [...webviews.values()].findLast(({ id }) => screen.find(id)?.visible)?.api ?? null

  const create = (url: string, id: string, style: WebviewStyle = {}, extras: object = {}) => {
    const listeners = new Listeners()
    const state: WebviewState = { id, url, visible: false, isTab: false, style: { ...style } }
    screen.state.webviews.push(state)
    const api = strict(
      'plus.webview.WebviewObject',
      {
        id,
        ...extras,
        ...listenersApi(listeners),
        ...methodsOf(host, state, listeners, () => webviews.delete(id)),
      },
      { report: host.report, absent: RUNTIME_FIELDS },
    )
    webviews.set(id, { id, listeners, api })
    screen.change()
    return api
  }
  const launch = create(VIEW_URL, LAUNCH_WEBVIEW)

  const api = {
    create,
    all: () => [...webviews.values()].map((one) => one.api),
    getWebviewById: (id: string) => webviews.get(id)?.api ?? null,
    getLaunchWebview: () => launch,
    currentWebview: () => launch,
    getTopWebview: last,
    // Between webviews only; the logic side hears of it as the views do.
    postMessageToUniNView: (message: unknown, _target: string) =>
      host.time.later(() => host.events.fire('plusMessage', host.toLogic({ data: message }))),
  }

  return {
    api: strict('plus.webview', api, { report: host.report }),
    /** Fires an event of the engine on a webview. */
    fire: (id: string, type: string, event: object) =>
      host.time.run(() => webviews.get(id)?.listeners.fire(type, host.toLogic(event))),
    close: (id: string) => (webviews.get(id)?.api as { close(): void } | undefined)?.close(),
    safeAreaInsets: () => insets(host, undefined),
    device,
  }
}

function methodsOf(host: NativeHost, state: WebviewState, listeners: Listeners, forget: () => void) {
  const { device, screen } = host
  const tell = (type: string) => host.time.later(() => listeners.fire(type, host.toLogic({ id: state.id })))
  const setVisible = (visible: boolean) => {
    if (visible && !state.isTab) screen.raise(state)
    state.visible = visible
    if (visible) closeSplash(host)
    screen.change()
    tell(visible ? 'show' : 'hide')
  }
  const refresh = { on: false }
  return {
    evalJS: (code: string) => {
      device.work.viewMessage(code, screen.top?.id === state.id)
      screen.evalJS(state.id, code)
    },
    getURL: () => state.url,
    getStyle: () => host.toLogic(state.style) as WebviewStyle,
    setStyle: (style: WebviewStyle) => {
      const titleNView = { ...state.style.titleNView, ...style.titleNView }
      state.style = {
        ...state.style,
        ...plain(style),
        ...(style.titleNView ? { titleNView: plain(titleNView) } : {}),
      }
      screen.change()
    },
    show: (_animation?: string, _ms?: number, shown?: () => void) => {
      setVisible(true)
      if (shown !== undefined) host.time.later(shown)
    },
    hide: () => setVisible(false),
    close: () => {
      screen.state.webviews = screen.state.webviews.filter((one) => one !== state)
      forget()
      screen.change()
      tell('close')
    },
    isVisible: () => state.visible,
    append: () => undefined,
    remove: () => undefined,
    children: () => [],
    canBack: (done: (result: unknown) => void) =>
      host.time.later(() => done(host.toLogic({ canBack: false }))),
    getSafeAreaInsets: () => insets(host, state),
    setPullToRefresh: () => undefined,
    beginPullToRefresh: () => {
      refresh.on = true
      tell('pullToRefresh')
    },
    endPullToRefresh: () => {
      refresh.on = false
    },
  }
}

/** The splash screen goes with the first page that is shown; the runtime waits for it with its back button. */
export function closeSplash(host: NativeHost): void {
  if (host.screen.state.splash === null) return
  host.screen.state.splash = null
  host.screen.change()
  host.time.later(() => host.events.fire('splashclosed', host.toLogic({})))
}

/** What the system takes from the edges, in pixels: of a webview, after its bars; `device…` is without them. */
export function insets(host: NativeHost, webview: WebviewState | undefined) {
  const { metrics } = host.device
  const hasBar = webview?.style.titleNView !== undefined
  const { reserved } = host.screen.state.safeArea
  const bottom = webview?.isTab === true || reserved ? 0 : metrics.homeIndicator
  return host.toLogic({
    top: hasBar ? 0 : metrics.statusBar,
    bottom,
    left: 0,
    right: 0,
    deviceTop: metrics.statusBar,
    deviceBottom: metrics.homeIndicator,
    deviceLeft: 0,
    deviceRight: 0,
  })
}

/** Without functions and objects of the app's realm: it goes to Chromium. */
function plain<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
