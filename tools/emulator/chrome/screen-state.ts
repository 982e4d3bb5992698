/** All that the screen shows, as the native layer keeps it; drawn by screen.ts in Chromium. */
export interface ScreenState {
  platform: 'android' | 'ios'
  dark: boolean
  statusBar: { height: number; text: 'light' | 'dark' }
  homeIndicator: number
  /** Whether pages end above the home indicator, and the colours that are below them then. */
  safeArea: { readonly reserved: boolean; readonly light: string; readonly dark: string }
  webviews: WebviewState[]
  tabBar: TabBarState | null
  views: NativeView[]
  toast: string | null
  dialog: Dialog | null
  /** The splash screen covers everything until the first page is shown. */
  splash: string | null
}

export interface WebviewState {
  readonly id: string
  readonly url: string
  visible: boolean
  isTab: boolean
  style: WebviewStyle
}

export interface WebviewStyle {
  readonly titleNView?: TitleBar
  readonly background?: string
  readonly locale?: string
  readonly [name: string]: unknown
}

/** The navigation bar, as uni asks the engine for it. */
export interface TitleBar {
  readonly type?: string
  readonly titleText?: string
  readonly titleColor?: string
  readonly backgroundColor?: string
  readonly autoBackButton?: boolean
  readonly [name: string]: unknown
}

export interface TabBarState {
  items: TabItem[]
  selected: number
  visible: boolean
  style: Record<string, string>
}

export interface TabItem {
  text: string
  iconPath?: string
  selectedIconPath?: string
  badge: string
  dot: boolean
  visible: boolean
}

/** A length in pixels or percent. */
export interface NativeBox {
  readonly top: string
  readonly left: string
  readonly width: string
  readonly height: string
}

export interface DrawnTag {
  readonly tag: 'rect' | 'font' | 'img' | 'richtext'
  readonly id?: string
  readonly position: NativeBox
  readonly text?: string
  readonly src?: string
  readonly color?: string
  readonly rectStyles?: Record<string, string>
  readonly textStyles?: Record<string, string>
}

export interface NativeView {
  readonly id: string
  box: NativeBox
  backgroundColor: string
  tags: DrawnTag[]
  visible: boolean
}

export interface Dialog {
  readonly kind: 'alert' | 'sheet'
  readonly title: string
  readonly message: string
  readonly input: boolean
  readonly buttons: readonly string[]
}

/** A touch on a native view, in screen pixels. */
export interface Touch {
  readonly type: string
  readonly clientX: number
  readonly clientY: number
  readonly pageX: number
  readonly pageY: number
  readonly screenX: number
  readonly screenY: number
}

/** What the screen and the views say to the native layer. */
export type ScreenEvent =
  | { readonly name: 'message'; readonly webview: string; readonly message: unknown }
  | { readonly name: 'tab'; readonly index: number }
  | { readonly name: 'back' }
  | { readonly name: 'touch'; readonly view: string; readonly touch: Touch }
  | { readonly name: 'dialog'; readonly index: number; readonly text: string }
  | { readonly name: 'missing'; readonly path: string }
  | { readonly name: 'console'; readonly level: string; readonly text: string }
  | { readonly name: 'style'; readonly webview: string; readonly style: object }
