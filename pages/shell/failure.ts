import { lookUpPage, pageText } from '@/locale/pages'

/** Words for a failed action: those of its error code where there are such, else general ones. */
export function failureText(error: unknown): string {
  const code =
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
      ? error.code
      : 'internal'
  const key = `failure.${code}`
  const words = lookUpPage(key)
  return words === key ? pageText('failure.internal') : words
}
