/** Whether what is sent to this address can be read on the way: plain http to another machine. */
export function isInsecure(server: string): boolean {
  const match = /^http:\/\/(\[[^\]]+\]|[^/:]+)/i.exec(server.trim())
  if (!match) return false
  const host = (match[1] ?? '').toLowerCase()
  return !(host === 'localhost' || host.endsWith('.localhost') || host.startsWith('127.') || host === '[::1]')
}

/** The address of the gateway that served this page: it serves the app at its own root, or under a path. */
export function serverOfPage(page: { origin: string; pathname: string }): string {
  return (page.origin + page.pathname.replace(/\/(?:index\.html)?$/, '')).replace(/\/$/, '')
}
