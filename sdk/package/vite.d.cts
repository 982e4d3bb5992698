import type { Plugin } from 'vite'

/** Puts the service worker of Herald into an H5 build and before the dev server, and keeps the dev server to one copy of the package. */
declare function herald(): Plugin

export = herald
