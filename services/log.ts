/** Where the client tells what a person who looks for a fault wants to know. Never a token, never a body. */
export type Log = (event: string, detail?: Readonly<Record<string, unknown>>) => void

/** Says nothing. */
export const silentLog: Log = () => undefined
