// The screen's document: keeps a frame for each webview, and draws what the engine draws.
import { drawDialog, drawNativeViews, drawToast } from './overlays'
import { drawStatusBar, drawTabBar, drawTitleBar } from './bars'
import { element } from './element'
import type { ScreenState, WebviewState } from './screen-state'

type DrawnState = ScreenState & { readonly top?: string; readonly tab?: string }

const TITLE_BAR_PX = 44
const TAB_BAR_PX = 50

const pages = element('div', 'pages')
const overlay = element('div', 'overlay')
document.body.append(pages, overlay)

const windows = new Map<string, { box: HTMLElement; bar: HTMLElement; frame: HTMLIFrameElement }>()

const emulatorScreen = {
  state: { webviews: [], dark: false } as unknown as DrawnState,

  draw(state: DrawnState): void {
    this.state = state
    document.documentElement.classList.toggle('dark', state.dark)
    const ids = new Set(state.webviews.map(({ id }) => id))
    for (const [id, { box }] of windows) {
      if (ids.has(id)) continue
      box.remove()
      windows.delete(id)
    }
    state.webviews.forEach((webview, index) => {
      drawWindow(state, webview, index)
    })
    drawOverlay(state)
  },

  run(work: readonly { id: string; code: string }[]): void {
    for (const { id, code } of work) {
      const view = windows.get(id)?.frame.contentWindow as { eval(code: string): unknown } | null | undefined
      view?.eval(code)
    }
  },
}

function drawWindow(state: DrawnState, webview: WebviewState, index: number): void {
  const { box, bar, frame } = windows.get(webview.id) ?? openWindow(webview)
  const { style } = webview
  const title = style.titleNView
  const top = title === undefined || title.type === 'none' ? 0 : state.statusBar.height + TITLE_BAR_PX
  const hasTabBar = webview.isTab && state.tabBar?.visible === true
  const reserved = hasTabBar || state.safeArea.reserved ? state.homeIndicator : 0
  const bottom = (hasTabBar ? TAB_BAR_PX : 0) + reserved
  // A window is never taken out of the tree: a frame that moves loads anew.
  box.style.zIndex = webview.isTab ? '1' : String(10 + index)
  box.style.visibility = isShown(state, webview) ? 'visible' : 'hidden'
  const { light, dark } = state.safeArea
  box.style.background = state.dark ? dark : light
  frame.style.background = style.background ?? 'transparent'
  bar.replaceChildren(...(top === 0 ? [] : drawTitleBar(title ?? {}, state)))
  frame.style.top = `${title?.type === 'transparent' || title?.type === 'float' ? 0 : top}px`
  frame.style.height = `calc(100% - ${parseInt(frame.style.top) + bottom}px)`
}

let drawnOverlay = ''

/** What lies over the pages is drawn anew only when it changes: an element under a finger must not go away. */
function drawOverlay(state: DrawnState): void {
  const { webviews: _, ...rest } = state
  const wanted = JSON.stringify(rest)
  if (wanted === drawnOverlay) return
  drawnOverlay = wanted
  overlay.replaceChildren(
    ...drawTabBar(state),
    ...drawStatusBar(state),
    ...drawNativeViews(state.views),
    ...drawToast(state),
    ...drawDialog(state.dialog),
    ...(state.splash === null ? [] : [element('div', 'splash', state.splash)]),
  )
}

function isShown(state: DrawnState, webview: WebviewState): boolean {
  return webview.isTab ? webview.id === state.tab : webview.visible
}

function openWindow(webview: WebviewState) {
  const box = element('div', 'window')
  const bar = element('div', 'title')
  const frame = document.createElement('iframe')
  frame.name = `webview-${webview.id}`
  frame.src = `/${webview.url}`
  box.append(frame, bar)
  pages.append(box)
  const opened = { box, bar, frame }
  windows.set(webview.id, opened)
  return opened
}

Object.assign(globalThis, { emulatorScreen })
