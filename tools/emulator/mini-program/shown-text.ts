/** A value as WXML shows it: what is not there shows nothing. */
export function shownText(value: unknown): string {
  if (value === undefined || value === null) return ''
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- no object comes here
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
