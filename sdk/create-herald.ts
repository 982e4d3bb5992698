import { computed, effectScope, ref, type App } from 'vue'
import { unreadTotal } from '../services/inbox/message-list'
import { silentLog } from '../services/log'
import { completeOptions } from '../services/platform/platform-options'
import type { BannerPlace } from '../services/presentation/presentation'
import type { Account } from '../services/session/account'
import { ClientAccess } from '../store/client-access'
import type { HeraldCore } from '../store/core'
import { Later } from '../store/later'
import { StateWriter } from '../store/state-writer'
import { StoreView } from '../store/view'
import { claim, HERALD, keep } from './instances'
import { messagesOf } from './messages'
import type { HostSide } from './outside'
import { remember } from './parts'
import { starterOf } from './starting'
import type { Herald, HeraldFeeds, HeraldOptions, HeraldSettings } from './types'

let isApp = false
// #ifdef APP
isApp = true
// #endif

/**
 * Makes Herald in a host's app, and starts it: on phones at once, so that the click that started the app is not missed, on
 * H5 after the first page. There is one for each namespace: a second call gives the first one.
 * Throws where another copy of this package has made it.
 * @param prepare what comes before the start
 */
export function createHerald(options: HeraldOptions, prepare?: (herald: Herald) => void): Herald {
  const { namespace, ...platform } = completeOptions(platformOptions(options), isApp)
  const log = options.log ?? silentLog
  const first = claim(namespace)
  if (first) {
    log('herald.second', { namespace })
    return first
  }
  const writer = new StateWriter()
  const core: HeraldCore = {
    options: { ...platform, namespace },
    writer,
    view: new StoreView(writer.commit),
    access: new ClientAccess(),
    log,
    platform: options.platform,
    bannerPlace: ref<BannerPlace>('over'),
  }
  // Of no component, whichever calls it: what it watches goes on.
  const herald = effectScope(true).run(() => assemble(core, options))
  if (!herald) throw new Error('the scope of Herald has ended')
  keep(herald)
  prepare?.(herald)
  herald.start()
  return herald
}

function assemble(core: HeraldCore, options: HeraldOptions): Herald {
  const { state } = core.writer
  const { access } = core
  const hostSide = new Later<HostSide>()
  const used: ((app: App) => void)[] = []
  const account = async (): Promise<Account | null> =>
    state.session.status === 'signedOut' ? null : access.account()
  const herald: Herald = {
    namespace: core.options.namespace,
    state,
    unread: computed(() => unreadTotal(state.notifications)),
    messages: messagesOf(core, account),
    feeds: feedsOf(core, account),
    settings: settingsOf(core),
    banner: {
      place: core.bannerPlace,
      dismiss() {
        access.act((client) => {
          client.dismissBanner()
        })
      },
    },
    connection: {
      reconnect() {
        access.act((client) => {
          client.reconnectNow()
        })
      },
    },
    start: () => {
      start(herald)
    },
    identify: async () => (await access.client()).identify(),
    async signIn(by, ask) {
      const client = await access.client()
      if ('link' in by) return client.signInWithLink(by.link, ask ?? (() => Promise.resolve(true)))
      return client.signInWithToken(by.server ?? core.options.server ?? state.session.server, by.token, ask)
    },
    signOut: async () => (await access.client()).signOut(),
    applyBadge() {
      access.applyBadge()
    },
    ...outward(hostSide, options),
    install(app: App) {
      app.provide(HERALD, herald)
      for (const use of used) use(app)
    },
  }
  const start = starterOf(core, options)
  remember(herald, { core, options, hostSide, used })
  return herald
}

/** What reaches the host, also before the code that does it is there. */
function outward(hostSide: Later<HostSide>, { routes, onOpen }: HeraldOptions): Pick<Herald, 'open' | 'on'> {
  return {
    open(what, from = 'list') {
      // A page that loads its message by itself need not wait.
      const page = hostSide.here || onOpen || 'inbox' in what ? undefined : routes?.messageById?.(what.id)
      if (page !== undefined) void uni.navigateTo({ url: page })
      hostSide.act((side) => {
        side.open('inbox' in what ? what : { messageId: what.id, feed: what.feed }, from, page !== undefined)
      })
    },
    on(event, hear) {
      const early = !hostSide.here
      let stop: (() => void) | null | undefined
      hostSide.act((side) => {
        if (stop !== null) stop = side.on(event, hear, early)
      })
      return () => {
        stop?.()
        stop = null
      }
    },
  }
}

/** Without what is undefined: a host may hand on options of its own that are not set. */
function platformOptions({
  server,
  token,
  ...options
}: HeraldOptions): Parameters<typeof completeOptions>[0] {
  const { namespace, badge, system, worker, keepShell, icons, ownsTray, push } = options
  const given = { namespace, badge, system, worker, keepShell, icons, ownsTray, push }
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return {
    ...(Object.fromEntries(set) as Parameters<typeof completeOptions>[0]),
    ...(server !== '' && { server }),
    ...(token && { token }),
  }
}

function feedsOf({ writer }: HeraldCore, account: () => Promise<Account | null>): HeraldFeeds {
  return {
    list: () => Object.values(writer.state.notifications.feeds),
    follow: async (feed) => (await account())?.follow(feed),
    unfollow: async (feed) => (await account())?.unfollow(feed),
    mute: async (feed, on) => (await account())?.setMuted(feed, on),
    topics: async () => (await (await account())?.listTopics()) ?? { topics: [] },
  }
}

function settingsOf({ writer, access }: HeraldCore): HeraldSettings {
  return {
    update(patch) {
      access.act((client) => {
        client.updateSettings(patch)
      })
    },
    async requestPermission() {
      // Without a turn of the loop where it can be: a tap does not count for long.
      await (access.here ?? (await access.client())).preferences.requestPermission()
      return writer.state.settings.permission
    },
    canOpenSystemSettings: () => access.here?.preferences.canOpenSystemSettings() ?? false,
    openSystemSettings() {
      const can = access.here?.preferences.canOpenSystemSettings() ?? false
      if (can) access.here?.preferences.openSystemSettings()
      return can
    },
    test: async () => (await access.client()).sendTestAlert(),
  }
}
