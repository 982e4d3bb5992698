import type { ScreenEvent } from './screen-state'

export function element(tag: string, className: string, text?: string): HTMLElement {
  const made = document.createElement(tag)
  made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

/** Says something to the native layer. */
export function tell(event: ScreenEvent): void {
  const { __emulator } = globalThis as unknown as { __emulator: (event: ScreenEvent) => Promise<void> }
  void __emulator(event)
}
