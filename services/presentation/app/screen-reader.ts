/**
 * The part of `plus.android` that is used to reach native objects from JavaScript.
 * html5plus.org/doc/zh_cn/android.html
 */
export interface PlusAndroidObjects {
  runtimeMainActivity(): unknown
  invoke(target: unknown, method: string, ...args: unknown[]): unknown
}

/**
 * Lets Android's screen reader say a text. The banner is drawn on a canvas, in which TalkBack finds no words, and
 * HTML5+ has nothing for it; a view of the system's own speaks for it (developer.android.com View#announceForAccessibility).
 * Nothing is said where no reader is on.
 */
export function announce(android: PlusAndroidObjects, text: string): void {
  const window = android.invoke(android.runtimeMainActivity(), 'getWindow')
  android.invoke(android.invoke(window, 'getDecorView'), 'announceForAccessibility', text)
}
