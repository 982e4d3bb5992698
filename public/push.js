'use strict'
// Push for Herald's service worker, which imports this file: shows what a push brings when no tab can, puts it into the
// list that the app keeps, and takes it back when it was read elsewhere. services/push/h5 is the page's side of it.
/* global namespace, scope, appWindows, after -- sw.js has them */

/** Where the page keeps who is signed in; services/push/h5/kept-session.ts makes the same name. */
const SESSION_CACHE = `${namespace}-session`

/** The tag of the one summary; services/presentation/h5/web-notifications.ts has the same. */
const SUMMARY_TAG = `${namespace}-summary`

/**
 * Mark the id of a message that is stored and was not presented, that is stored as presented and was not, and that was so
 * and has been presented since; services/presented/standings.ts has the same.
 */
const UNSETTLED = 'unsettled:'
const REOPENED = 'reopened:'
const CLOSED = 'closed:'

/** A notification is shown without its words rather than later than this, in ms. */
const CONTENT_TIMEOUT_MS = 8000
const MAX_BODY = 300

/** A page that stands still may have the list in hand, and nobody else gets it: a push waits for it no longer, in ms. */
const INBOX_TIMEOUT_MS = 2000

/** A page that is just closing, or has not come to listen yet, counts as looked at: one that shows a push says so by then, in ms. */
const ANSWER_TIMEOUT_MS = 1000

self.addEventListener('push', (event) => event.waitUntil(takePush(event.data)))
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renewSubscription(event)))

async function takePush(data) {
  const session = await keptSession()
  const payload = readPush(data)
  if (!session) return giveUp(payload)
  if (payload?.to !== session.recipient) return
  if (payload.type === 'clear') await clearPush(payload)
  else if (payload.type === 'nudge') await showNudge(payload, session)
  else await showPush(payload, session)
  // A host that has not asked for it keeps its icon as it is.
  if (session.icon !== false) await setBadge(payload.badge)
}

/**
 * Nobody is signed in: a sign-out was cut short, and the next push is answered "gone". Or a tab is just signing in, and was
 * frozen before it heard whom pushes are for: it will know.
 */
async function giveUp(payload) {
  const windows = await appWindows()
  for (const window of windows)
    if (payload) window.postMessage({ type: 'push', payload, shown: false, unsure: true })
  if (windows.length > 0) return
  const subscription = await self.registration.pushManager?.getSubscription()
  await subscription?.unsubscribe()
}

/** As parsePushPayload of protocol/push.ts, as far as it is needed: a shape that is not known is nothing. */
function readPush(data) {
  try {
    const payload = data.json()
    const isKnown = payload.herald === 1 && ['message', 'summary', 'clear', 'nudge'].includes(payload.type)
    return isKnown && idsOf(payload).every((id) => typeof id === 'string') ? payload : undefined
  } catch {
    // No data, no JSON, or no object: not of our gateway.
    return undefined
  }
}

const idsOf = (payload) => (payload.type === 'message' ? [payload.id] : (payload.ids ?? []))

/** The page, when somebody looks at it, shows the message itself. */
async function showPush(payload, session) {
  const windows = await appWindows()
  const isSeen = windows.some(({ visibilityState }) => visibilityState === 'visible')
  const mustShow = await isAtApple()
  const known = await wasPresented(idsOf(payload))
  if (known && !mustShow) return
  if (isSeen && !mustShow && (await isTaken(windows, payload))) return
  const content = payload.type === 'message' ? await contentOf(payload, session) : payload
  await show(content, session, known || (isSeen && mustShow))
  await notePresented(idsOf(payload))
  tell(windows, payload)
  if (windows.length === 0 && payload.type === 'message')
    await storeUpTo(payload, session).catch(() => undefined)
}

/** Whether a page shows it. Each that says so in time is told that it may; one that is late hears that it was shown. */
async function isTaken(windows, payload) {
  let isOpen = true
  const offers = windows.map(
    (window) =>
      new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = () => {
          if (!isOpen) return
          port1.postMessage('yours')
          resolve(true)
        }
        window.postMessage({ type: 'pushOffer', payload }, [port2])
      }),
  )
  isOpen = await Promise.race([...offers, after(ANSWER_TIMEOUT_MS, false)])
  return isOpen
}

/** A chat server has something new: the gateway knows no more than the words that it sends. */
async function showNudge({ title, body, tag }, session) {
  const isSeen = (await appWindows()).some(({ visibilityState }) => visibilityState === 'visible')
  if (isSeen && !(await isAtApple())) return
  await self.registration.showNotification(title, {
    ...{ ...iconsOf(session), lang: session.body.locale },
    ...{ body, tag, data: { inbox: true, nudge: true, pushed: true } },
    silent: isSeen || !session.body.sound,
  })
}

/**
 * Chromium and Firefox let a push pass without a notification while a page is looked at; Safari takes the permission
 * away for it (developer.apple.com/documentation/usernotifications/sending-web-push-notifications-in-web-apps-and-browsers).
 */
async function isAtApple() {
  const subscription = await self.registration.pushManager?.getSubscription()
  return subscription ? new URL(subscription.endpoint).hostname.endsWith('.apple.com') : false
}

/** The pictures that the page has named. A page of before this worker has named none: then they are Herald's own. */
const iconsOf = ({ icons }) => icons ?? { icon: `${scope}icon-192.png`, badge: `${scope}badge-96.png` }

function show(payload, session, silent) {
  const { words, body: settings } = session
  const common = { ...iconsOf(session), lang: settings.locale }
  if (payload.type === 'summary') {
    const title = words.summary.replace('{count}', String(payload.count))
    const options = {
      tag: SUMMARY_TAG,
      data: { inbox: true, pushed: true },
      silent: silent || !settings.sound,
    }
    return self.registration.showNotification(title, { ...common, ...options })
  }
  const { id, feed, title, body, time, priority } = payload
  const name = { all: words.all, user: words.user }[feed.split(':')[0]] ?? feed.slice(feed.indexOf(':') + 1)
  const hasWords = Boolean(title || body)
  return self.registration.showNotification(title || name, {
    ...common,
    body: hasWords ? (body ?? '').slice(0, MAX_BODY) : words.hidden,
    // The message's id: what the page shows of the same message takes this one's place, and makes no sound.
    tag: id,
    data: { messageId: id, feed, pushed: true },
    timestamp: time,
    silent: silent || !settings.sound || priority < 3,
    requireInteraction: priority === 5,
  })
}

/** What `idOnly` left out, unless the person wants no words in notifications. */
async function contentOf(payload, session) {
  if (payload.title || payload.body || !session.body.preview) return payload
  const message = await ask(session, `/v1/messages/${encodeURIComponent(payload.id)}`).catch(() => undefined)
  return message ? { ...payload, title: message.title, body: message.body } : payload
}

async function clearPush(payload) {
  const gone = new Set(payload.badge === 0 ? [...idsOf(payload), SUMMARY_TAG] : idsOf(payload))
  for (const notification of await self.registration.getNotifications())
    if (gone.has(notification.tag)) notification.close()
  tell(await appWindows(), payload)
}

/** The installed app's badge: w3.org/TR/badging. It rejects where there is none, or the person forbade it. */
async function setBadge(count) {
  const done = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.()
  await done?.catch(() => undefined)
}

function tell(windows, payload) {
  for (const window of windows) window.postMessage({ type: 'push', payload, shown: true })
}

/** The browser gave the subscription another address. An open page registers it; else it is done here. */
async function renewSubscription({ newSubscription }) {
  const session = await keptSession()
  if (!session) return
  const windows = await appWindows()
  for (const window of windows) window.postMessage({ type: 'pushChanged' })
  const registered = session.body.push.find(({ provider }) => provider === 'webpush')
  if (windows.length > 0 || !registered) return
  const options = { userVisibleOnly: true, applicationServerKey: registered.app }
  const subscription = newSubscription ?? (await self.registration.pushManager.subscribe(options))
  const { endpoint, keys } = subscription.toJSON()
  const renewed = { ...registered, token: endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }
  const push = session.body.push.map((one) => (one === registered ? renewed : one))
  const body = { ...session.body, push }
  await ask(session, `/v1/me/devices/${session.device}`, { method: 'PUT', body })
  const cache = await caches.open(SESSION_CACHE)
  await cache.put(sessionUrl(), new Response(JSON.stringify({ ...session, body })))
}

const sessionUrl = () => new URL('session', scope).href

async function keptSession() {
  const cache = await caches.open(SESSION_CACHE)
  return (await cache.match(sessionUrl()))?.json()
}

/** Asks the gateway as the signed-in user. Rejects when there is no good answer in time. */
async function ask({ server, token }, path, { method = 'GET', body } = {}) {
  const headers = { Authorization: `Bearer ${token}`, ...(body && { 'Content-Type': 'application/json' }) }
  const request = fetch(server + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const response = await Promise.race([request, after(CONTENT_TIMEOUT_MS, undefined)])
  if (!response?.ok) throw new Error('no good answer')
  return response.json()
}

/** The app's list, as services/storage/indexed-db.ts keeps it; null before the app has made it. */
function openInbox() {
  return new Promise((resolve) => {
    const request = indexedDB.open(namespace)
    // No version is asked for, so this is a database that was not there: it must be left to the app to make.
    request.onupgradeneeded = () => request.transaction.abort()
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => resolve(null)
  })
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

/** Runs work on the app's list; undefined when there is none, or it cannot be used in time: what waits then is done later. */
const withInbox = (work) => Promise.race([useInbox(work), after(INBOX_TIMEOUT_MS, undefined)])

async function useInbox(work) {
  const db = await openInbox()
  try {
    return db === null ? undefined : await work(db)
  } catch {
    // A list that fails is the app's to mend. A push is shown all the same.
    return undefined
  } finally {
    db?.close()
  }
}

async function wasPresented(ids) {
  const known = await withInbox(async (db) => {
    const has = finderIn(db.transaction('presented').objectStore('presented'))
    return Promise.all(
      ids.map(async (id) => (await has(CLOSED + id)) || ((await has(id)) && !(await has(REOPENED + id)))),
    )
  })
  return known !== undefined && known.length > 0 && known.every(Boolean)
}

async function notePresented(ids) {
  await withInbox(async (db) => {
    const store = db.transaction('presented', 'readwrite').objectStore('presented')
    const has = finderIn(store)
    for (const id of ids) {
      const entry = (await has(REOPENED + id)) ? CLOSED + id : id
      if (!(await has(entry))) await settled(store.add(entry))
    }
  })
}

/** Whether an entry is there. */
const finderIn = (store) => async (entry) => (await settled(store.index('id').getKey(entry))) !== undefined

/**
 * Puts the message into the list, with those before it that the device does not have: the list has no holes, and a push
 * has not all of a message. No tab is open, so nobody else writes. What was not presented of those is noted as such: the
 * ack of what follows would cover it.
 */
async function storeUpTo({ feed, epoch, seq }, session) {
  const record = await withInbox((db) => settled(db.transaction('feeds').objectStore('feeds').get(feed)))
  if (record?.epoch !== epoch || seq <= record.cursor) return
  const path = `/v1/feeds/${encodeURIComponent(feed)}/messages?after=${record.cursor}&limit=100`
  const page = await ask(session, path)
  const rows = page.messages.filter((message) => message.seq <= seq)
  if (page.epoch !== epoch || rows[0]?.seq !== record.cursor + 1 || rows.at(-1).seq !== seq) return
  await withInbox(async (db) => {
    const transaction = db.transaction(['feeds', 'rows', 'presented'], 'readwrite')
    const feeds = transaction.objectStore('feeds')
    const now = await settled(feeds.get(feed))
    // A tab was opened meanwhile and has got further, or the user has left.
    if (now?.epoch !== epoch || now.cursor !== record.cursor) return
    const presented = transaction.objectStore('presented')
    for (const row of rows) {
      transaction.objectStore('rows').put(row)
      const known = await settled(presented.index('id').getKey(row.id))
      if (known === undefined) await settled(presented.add(UNSETTLED + row.id))
    }
    await settled(feeds.put({ ...now, cursor: seq, head: Math.max(now.head, page.head) }))
  })
}
