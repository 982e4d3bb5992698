/** The address of the app's root, with a slash at its end. */
export const appRoot = (): string => new URL(import.meta.env.BASE_URL, location.href).href

/** Absent on plain http from another machine; reading it throws in a sandboxed frame. */
export function openCaches(): CacheStorage | undefined {
  try {
    return globalThis.caches
  } catch {
    return undefined
  }
}
