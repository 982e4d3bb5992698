/** Put in by build.mjs. */
declare const HERALD_BUILT_MS: number | undefined

/** When the gateway's source was made, ms since 1970: it is not earlier than that now. 0 when it runs from its source. */
export const BUILT_MS = typeof HERALD_BUILT_MS === 'undefined' ? 0 : HERALD_BUILT_MS
