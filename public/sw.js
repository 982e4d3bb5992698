'use strict'
// Herald's service worker: opens messages from notifications, and lets the app itself start without a network.
// It never caches the gateway's API: what the app shows offline comes from IndexedDB. push.js has its part in pushes.

/** The page gives its namespace where it is not Herald's own: another app of this origin has other caches and another list. */
const namespace = new URL(self.location.href).searchParams.get('namespace') ?? 'herald'
/** In a host's app, whose files and addresses are its own affair. The packed worker says so. */
const isGuest = self.heraldGuest === true
const SHELL = `${namespace}-shell-`
const CACHE = `${SHELL}1`
const MAX_CACHED_ASSETS = 100
/** How long a slow network may keep the page from starting with the copy that is here, in ms. */
const PAGE_TIMEOUT_MS = 4000

/** The gateway answers `Vary: Origin`, and a page's scripts are asked for with an Origin while this worker's are not. */
const AS_KEPT = { ignoreVary: true }

const scope = self.registration.scope

importScripts('push.js')

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))
self.addEventListener('message', (event) => {
  if (event.data?.type === 'keep') event.waitUntil(keepShell())
})
self.addEventListener('fetch', (event) => {
  const kind = kindOf(event.request)
  if (kind === 'page') event.respondWith(answerPage(event))
  if (kind === 'asset') event.respondWith(answerAsset(event))
})
self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data))
})

async function activate() {
  const names = await caches.keys()
  const old = names.filter((name) => name.startsWith(SHELL) && name !== CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
  await self.clients.claim()
}

/** The start page; a built file, whose name changes with its content; or nothing of ours. */
function kindOf({ method, mode, url }) {
  if (isGuest || method !== 'GET' || !url.startsWith(scope)) return 'other'
  const path = pathOf(url)
  if (mode === 'navigate') return path === '' || path === 'index.html' ? 'page' : 'other'
  return path.startsWith('assets/') || path.startsWith('static/') ? 'asset' : 'other'
}

/** The path within the scope, without query and fragment. */
function pathOf(url) {
  return url.slice(scope.length).split(/[?#]/, 1)[0]
}

/** Network first, so that a new version is there at the next start; the kept page when there is no good answer. */
async function answerPage(event) {
  const cache = await caches.open(CACHE)
  const fresh = fetchPage(event.request, cache)
  event.waitUntil(fresh.catch(() => undefined))
  const kept = await cache.match(scope, AS_KEPT)
  if (!kept) return fresh
  return Promise.race([
    fresh.then((response) => (response.status >= 500 ? kept : response)),
    after(PAGE_TIMEOUT_MS, kept),
  ]).catch(() => kept)
}

async function fetchPage(request, cache) {
  const response = await fetch(request)
  // A hotel's sign-in page is an answer too, but it is redirected or comes from elsewhere.
  const isOurs = response.ok && response.type === 'basic' && !response.redirected
  if (isOurs && /^text\/html\b/.test(response.headers.get('content-type') ?? ''))
    await cache.put(scope, response.clone())
  return response
}

/** Hashed files never change, so the kept one is right. Files of static/ have no hash: the network's, if it answers. */
async function answerAsset(event) {
  const cache = await caches.open(CACHE)
  const { request } = event
  const kept = await cache.match(request, AS_KEPT)
  const isHashed = pathOf(request.url).startsWith('assets/')
  if (kept && isHashed) return kept
  try {
    const response = await fetch(request)
    if (response.ok && response.type === 'basic') event.waitUntil(keepAsset(cache, request, response.clone()))
    return response
  } catch (error) {
    if (kept) return kept
    throw error
  }
}

async function keepAsset(cache, request, response) {
  await cache.put(request, response)
  const assets = (await cache.keys()).filter(({ url }) => pathOf(url) !== '')
  const surplus = assets.slice(0, Math.max(0, assets.length - MAX_CACHED_ASSETS))
  await Promise.all(surplus.map((old) => cache.delete(old)))
}

/** Keeps the page and every file that the build lists: each page of the app is a chunk of its own, loaded when it is opened. */
async function keepShell() {
  const cache = await caches.open(CACHE)
  if (!(await cache.match(scope, AS_KEPT))) await fetchPage(new Request(scope), cache)
  const list = await fetch(`${scope}assets.json`, { cache: 'no-cache' })
  if (!list.ok) return
  for (const path of (await list.json()).slice(0, MAX_CACHED_ASSETS)) {
    const url = new URL(path, scope).href
    if (kindOf({ method: 'GET', mode: 'cors', url }) !== 'asset' || (await cache.match(url, AS_KEPT)))
      continue
    const response = await fetch(url)
    if (response.ok && response.type === 'basic') await keepAsset(cache, url, response)
  }
}

/** Shows a message in the window of the app that the user saw last, or in a new one. */
async function open(target) {
  const apps = await appWindows()
  const app =
    apps.find(({ focused }) => focused) ??
    apps.find(({ visibilityState }) => visibilityState === 'visible') ??
    apps[0]
  if (!app) return self.clients.openWindow(addressOf(target))
  app.postMessage(
    typeof target?.messageId === 'string'
      ? { type: 'open', messageId: target.messageId, feed: target.feed, pushed: target.pushed }
      : { type: 'open', inbox: true, pushed: target?.pushed },
  )
  // Without a fresh gesture focusing is refused: the message is open when the user goes there.
  return app.focus().catch(() => undefined)
}

/** The windows of the app, also those that were loaded before this worker. */
async function appWindows() {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  return windows.filter(
    ({ url }) => url.startsWith(scope) && (isGuest || ['', 'index.html'].includes(pathOf(url))),
  )
}

function addressOf(target) {
  // Which page that is only the host knows: the page that starts reads this (services/presentation/h5/opened-by-address.ts).
  if (isGuest)
    return `${scope}?${namespace}-open=${encodeURIComponent(JSON.stringify(target ?? { inbox: true }))}`
  if (typeof target?.messageId !== 'string') return scope
  return `${scope}#/pages/message/message?id=${encodeURIComponent(target.messageId)}`
}

function after(ms, value) {
  return new Promise((resolve) => setTimeout(resolve, ms, value))
}
