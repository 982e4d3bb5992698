import type { ScreenEvent } from './screen-state'

export function element(tag: string, className: string, text?: string): HTMLElement {
  const made = document.createElement(tag)
  made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

/** A file of the bundle, which the engine takes by many names: "/static/a.png", "_www/static/a.png", "file:///_www/…". */
export function assetUrl(path: string): string {
  return /^(https?|data):/.test(path) ? path : `/_www/${path.replace(/^(file:\/\/)?\/?(_www\/)?/, '')}`
}

/** Says something to the native layer. */
export function tell(event: ScreenEvent): void {
  const { __emulator } = globalThis as unknown as { __emulator: (event: ScreenEvent) => Promise<void> }
  void __emulator(event)
}
