import type { Dialect } from './dialect'

/** A frame is a message, and whoever has a socket is subscribed: nchan, a loop over `ws.send`, prepared bytes. */
export function plainDialect(paths: { readonly prefix: string; readonly each: boolean }): Dialect {
  return {
    path: (socket) => (paths.each ? `${paths.prefix}${socket}` : paths.prefix),
    subscribedWhenOpen: true,
    greet: () => [],
    onFrame: () => 'messages',
  }
}
