import type { Message } from '@herald/protocol'
import { systemClock } from '../services/clock'
import type { ClickTarget } from '../services/presentation/presentation'
import type { HeraldCore, OpenedFrom, Outside } from '../store/core'
import { EventHub } from './events'
import { TargetOpener, type Pages } from './open-target'
import type { Herald, HeraldOptions } from './types'

/** What lies between the client and the host. It comes with the client: the first list of H5 does without. */
export interface HostSide extends Outside {
  readonly open: (target: ClickTarget, from: OpenedFrom, shown?: boolean) => void
  readonly on: EventHub['on']
}

/**
 * What happens when a message is opened: the host hears of it with the message in hand and may show it itself; else the
 * page that it has named opens.
 */
export function hostSideOf(core: HeraldCore, options: HeraldOptions, herald: Herald): HostSide {
  const { routes = {}, onOpen } = options
  const opener = new TargetOpener(uniPages, routes.inbox ?? null)
  const events = new EventHub(core)

  /** A page opened by the id alone waits for nothing; whoever wants the message waits until it is here. */
  async function open(target: ClickTarget, from: OpenedFrom, shown = false): Promise<void> {
    const byId = 'messageId' in target ? routes.messageById?.(target.messageId) : undefined
    const isAwaited = onOpen !== undefined || events.isHeard('open')
    if (byId !== undefined && !isAwaited) {
      if (!shown) opener.open({ page: byId }, isInApp(from))
      return
    }
    const message = 'messageId' in target ? await found(target.messageId) : undefined
    const opened = { from, ...about(target, message) }
    events.emit('open', opened)
    if (shown || onOpen?.(opened) === true) return
    if ('inbox' in target) opener.open({ inbox: true })
    else {
      const page = byId ?? (message && routes.message?.(message))
      if (page) opener.open({ page }, isInApp(from))
    }
  }

  async function found(id: string): Promise<Message | undefined> {
    try {
      return await herald.messages.get(id)
    } catch {
      // No network: what the click knows has to do.
      report('message_unreachable', id)
      return undefined
    }
  }

  function report(code: string, where: string): void {
    const error = { code, where }
    core.log('herald.error', error)
    events.emit('error', error)
  }

  return {
    open(target, from, shown) {
      void open(target, from, shown)
    },
    report,
    on: events.on.bind(events),
  }
}

/** Who taps a banner or a row is in the app, and comes back to where it was. */
const isInApp = (from: OpenedFrom): boolean => from === 'banner' || from === 'list'

function about(target: ClickTarget, message: Message | undefined) {
  if ('inbox' in target) return {}
  return {
    feed: target.feed,
    message,
    link: message?.link,
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
    if (location.hash.startsWith('#/')) address = location.hash.slice(1)
    // #endif
    return address
  },
  open: (url, instead) => {
    if (instead) uni.redirectTo({ url, fail: ignoreRefusal })
    else uni.navigateTo({ url, fail: ignoreRefusal })
  },
  switchTab: (url) => {
    // A host's list may be a page that is no tab.
    uni.switchTab({
      url,
      fail: () => {
        uni.navigateTo({ url, fail: ignoreRefusal })
      },
    })
  },
  later: (run, ms) => {
    systemClock.setTimeout(run, ms)
  },
}
