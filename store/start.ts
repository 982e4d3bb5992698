import { watch } from 'vue'
import { lookUp, spokenLanguage } from '../locale'
import { systemClock } from '../services/clock'
import { unreadTotal } from '../services/inbox/message-list'
import { openPlatform } from '../services/platform/platform'
import type { OpenWorker, Platform, PlatformHooks } from '../services/platform/platform-port'
import type { Alert, ClickTarget } from '../services/presentation/presentation'
import type { ChatPart } from '../services/session/chats'
import { Client } from '../services/session/client'
import type { Message } from '@herald/protocol'
import type { HeraldCore, Outside } from './core'
import { followLanguage } from './language'
import type { HeraldState } from './state'
import { UnreadBadge } from './unread-badge'

/** What some apps have, and others do not. */
export interface ClientParts {
  readonly chats?: ChatPart
  /** H5: notifications and pushes by a service worker. */
  readonly openWorker?: OpenWorker
}

/**
 * Starts the client: platform, session, connection. On the App and mini-programs this comes before anything waits, since
 * the click that started the app is told once, and only to who listens by then. On H5 it comes after the first list: there
 * a click waits until somebody listens (`startMessages`), or is the address that was opened.
 * @param parts what this app has of what is not in every one
 */
export function startClient(core: HeraldCore, outside: Outside, parts: ClientParts): void {
  const { writer, view, access } = core
  const { state } = writer
  const openIfSignedIn = openerForWhoIsSignedIn(core, outside.open)
  const open: NonNullable<HeraldCore['platform']> = core.platform ?? openPlatform
  const platform = open(
    {
      ...hooksOf(core),
      openWorker: parts.openWorker,
      openAlert: (alert) => {
        client.dismissBanner()
        openIfSignedIn(targetOf(alert), 'banner')
      },
      dismissBanner: () => {
        client.dismissBanner()
      },
    },
    openPlatform,
  )
  const count = new UnreadBadge(platform.badge)
  const client = openClient(platform, core, parts.chats)
  view.onLive = () => {
    count.live(unreadTotal(state.notifications))
  }
  followLanguage(state)
  watch(
    () => (state.session.status === 'signedOut' ? null : unreadTotal(state.notifications)),
    (unread) => {
      if (unread === null) count.signedOut()
      else count.unread(unread)
    },
    { immediate: true },
  )
  void client.start()
  access.open(client, platform.applyBadge)
  platform.system.onClick((target) => {
    openIfSignedIn(target, target.pushed ? 'push' : 'system')
  })
  listen(platform, client, core)
  for (const name of platform.missingModules) outside.report('module_missing', name)
}

/** Tells the client what happens to the app from outside. */
function listen(platform: Platform, client: Client, { view }: HeraldCore): void {
  platform.listen({
    visible: (visible) => {
      view.setVisible(visible)
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
function openerForWhoIsSignedIn({ writer }: HeraldCore, open: Outside['open']): Outside['open'] {
  const { state } = writer
  let early: Parameters<Outside['open']> | null = null
  watch(
    () => state.session.status,
    () => {
      const click = early
      early = null
      if (click && state.session.status === 'signedIn') open(...click)
    },
  )
  return (...click) => {
    if (state.session.status === 'signedIn') open(...click)
    else if (state.session.status === 'restoring') early = click
  }
}

/** What a platform reads of the state, and of the words. */
function hooksOf({
  options,
  writer,
  view,
  bannerPlace,
}: HeraldCore): Omit<PlatformHooks, 'openAlert' | 'dismissBanner'> {
  const { state } = writer
  return {
    options,
    t: lookUp,
    language: spokenLanguage,
    pageBanner: view.pageBanner,
    preview: () => state.settings.preview,
    isDark: () => isDark(state),
    bannerPlace: () => bannerPlace.value,
    unread: () => unreadTotal(state.notifications),
    onLook: (changed) => {
      watch(
        () => [spokenLanguage(), state.settings.theme, state.settings.preview, bannerPlace.value].join(),
        changed,
      )
    },
  }
}

function openClient(platform: Platform, { view, log, writer }: HeraldCore, chats?: ChatPart): Client {
  return new Client({
    ...platform,
    ...{ view, log, chats },
    clock: systemClock,
    random: Math.random,
    testMessage: () => testMessage(writer.state),
  })
}

const targetOf = (alert: Alert): ClickTarget =>
  alert.kind === 'summary' ? { inbox: true } : { messageId: alert.message.id, feed: alert.message.feed }

function isDark({ settings: { theme } }: HeraldState): boolean {
  return theme === 'auto' ? uni.getSystemInfoSync().theme === 'dark' : theme === 'dark'
}

/** It looks like any message, and is in no feed's log. */
function testMessage({ session: { user } }: HeraldState): Message {
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
