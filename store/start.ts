import { lookUp, useLocale } from '../locale'
import { silentLog, type Log } from '../services/log'
import { systemClock } from '../services/clock'
import { openPlatform } from '../services/platform/platform'
import type { PlatformOptions } from '../services/platform/platform-options'
import type { Platform, PlatformHooks } from '../services/platform/platform-port'
import type { Alert, ClickTarget } from '../services/presentation/presentation'
import { Client } from '../services/session/client'
import { unreadTotal } from '../services/inbox/message-list'
import type { Message } from '@herald/protocol'
import { bannerPlace } from './banner-place'
import { store } from './index'
import { TargetOpener, type Pages } from './open-target'
import { followLanguage } from './language'
import { setBadge, setClient } from './runtime'
import { UnreadBadge } from './unread-badge'
import { flushInbox, pageBanner, setVisible, view } from './view'

/**
 * Starts the app: platform, session, connection. On the App and mini-programs main.ts calls it before anything waits,
 * since the click that started the app is told once, and only to who listens by then. On H5 it comes after the first
 * list: there a click waits until somebody listens (`startMessages`), or is the address that was opened.
 */
export function startHerald(options: PlatformOptions): void {
  const openIfSignedIn = openerForWhoIsSignedIn(new TargetOpener(uniPages))
  const platform = openPlatform({
    ...hooks,
    options,
    openAlert: (alert) => {
      client.dismissBanner()
      openIfSignedIn(targetOf(alert))
    },
    dismissBanner: () => {
      client.dismissBanner()
    },
  })
  const count = new UnreadBadge(platform.badge)
  const client = openClient(platform, count)
  setBadge(platform.applyBadge)
  followLanguage()
  store.watch(
    ({ session, notifications }) => (session.status === 'signedOut' ? null : unreadTotal(notifications)),
    (unread) => {
      if (unread === null) count.signedOut()
      else count.unread(unread)
    },
    { immediate: true },
  )
  void client.start()
  setClient(client)
  platform.system.onClick(openIfSignedIn)
  platform.listen({
    visible: (visible) => {
      setVisible(visible)
      client.setVisible(visible)
    },
    network: (network) => {
      client.setNetwork(network)
    },
    leave: () => {
      client.leavePage()
    },
    stored: () => {
      client.sessionStored()
    },
  })
}

/** Opens what was clicked when somebody is signed in; the click that started the app comes while its session is being restored. */
function openerForWhoIsSignedIn(opener: TargetOpener): (target: ClickTarget) => void {
  let early: ClickTarget | null = null
  const open = (target: ClickTarget): void => {
    const { status } = store.state.session
    if (status === 'signedIn') opener.open(target)
    else if (status === 'restoring') early = target
  }
  store.watch(
    (state) => state.session.status,
    () => {
      const target = early
      early = null
      if (target) open(target)
    },
  )
  return open
}

/** What a platform reads of the store, and of the words. */
const hooks: Omit<PlatformHooks, 'options' | 'openAlert' | 'dismissBanner'> = {
  t: lookUp,
  language: () => useLocale().language.value,
  pageBanner,
  preview: () => store.state.settings.preview,
  isDark,
  bannerPlace: () => bannerPlace.value,
  unread: () => unreadTotal(store.state.notifications),
  onLook: (changed) => {
    store.watch(
      ({ settings: { theme, preview } }) =>
        [useLocale().language.value, theme, String(preview), bannerPlace.value].join(),
      changed,
    )
  },
}

function openClient(platform: Platform, count: UnreadBadge): Client {
  return new Client({
    ...platform,
    view: {
      ...view,
      connection(patch) {
        view.connection(patch)
        if (patch.name !== 'live') return
        // What came with the welcome may still wait for its frame.
        flushInbox()
        count.live(unreadTotal(store.state.notifications))
      },
    },
    clock: systemClock,
    random: Math.random,
    log: import.meta.env.DEV ? debugLog : silentLog,
    testMessage,
  })
}

const debugLog: Log = (event, detail) => {
  // eslint-disable-next-line no-console -- for the developer, and left out of builds
  console.debug(`herald ${event}`, detail)
}

const targetOf = (alert: Alert): ClickTarget =>
  alert.kind === 'summary' ? { inbox: true } : { messageId: alert.message.id, feed: alert.message.feed }

function isDark(): boolean {
  const { theme } = store.state.settings
  return theme === 'auto' ? uni.getSystemInfoSync().theme === 'dark' : theme === 'dark'
}

/** It looks like any message, and is in no feed's log. */
function testMessage(): Message {
  const { user } = store.state.session
  return {
    id: '00000000-0000-4000-8000-000000000000',
    feed: user ? `user:${user.id}` : 'all',
    seq: 1,
    time: Date.now(),
    title: lookUp('app.name'),
    body: lookUp('settings.testAbout'),
    priority: 3,
  }
}

/** Another navigation was under way: the user has gone elsewhere meanwhile. Without `fail` uni answers a promise. */
function ignoreRefusal(): void {
  return
}

/** `$page` is missing in the published typings. */
interface Page {
  readonly $page?: { readonly fullPath?: string }
  readonly route?: string
}

const uniPages: Pages = {
  top: () => {
    const page: Page | undefined = getCurrentPages().at(-1)
    if (!page) return undefined
    let address = page.$page?.fullPath ?? `/${page.route ?? ''}`
    // #ifdef H5
    // What uni knows is the address that the page was opened with: the browser's may have changed under it.
    if (location.hash !== '') address = location.hash.slice(1)
    // #endif
    return address
  },
  open: (url, instead) => {
    if (instead) uni.redirectTo({ url, fail: ignoreRefusal })
    else uni.navigateTo({ url, fail: ignoreRefusal })
  },
  switchTab: (url) => {
    uni.switchTab({ url, fail: ignoreRefusal })
  },
  later: (run, ms) => {
    systemClock.setTimeout(run, ms)
  },
}
