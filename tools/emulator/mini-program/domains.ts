import type { MiniHost } from './host'

/** Whether the server is one that the mini-program's owner has entered at WeChat; all are, when none is given. */
export function isAllowed({ device }: MiniHost, url: string): boolean {
  const { domains } = device.options
  if (domains === undefined) return true
  const { protocol, host } = new URL(url)
  return ['https:', 'wss:'].includes(protocol) && domains.includes(host)
}
