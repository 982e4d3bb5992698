import type { NativeHost } from './host'

/** The system's colours, or those that the app has chosen for itself by `plus.nativeUI.setUIStyle`. */
export type UiStyleChoice = 'auto' | 'light' | 'dark'

/** Brings the screen to the colours that now hold, and tells the app when they are others. */
export function applyUiStyle(host: NativeHost): void {
  const { screen, device } = host
  const dark = device.uiStyle === 'dark'
  if (screen.state.dark === dark) return
  screen.state.dark = dark
  screen.change()
  const event = host.toLogic({ uistyle: device.uiStyle })
  host.time.later(() => host.weexEvents.fire('uistylechange', event))
}
