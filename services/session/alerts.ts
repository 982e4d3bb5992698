import { rangesHold, type AppState, type Message } from '@herald/protocol'
import type { Inbox } from '../inbox/inbox'
import { isUnread } from '../inbox/message-list'
import { Presenter } from '../presentation/presenter'
import { AlertHold } from '../presentation/alert-hold'
import type { PresentedLedger } from '../presented/presented-ledger'
import { BannerRouter } from '../tabs/banner-router'
import type { TabMessage } from '../tabs/tabs'
import type { AccountPorts } from './account-ports'
import { LostMessages } from './lost-messages'

/** Alerts of this device: the presenter of the leading tab, the banner of whichever tab is looked at. */
export class Alerts {
  readonly presenter: Presenter
  readonly hold: AlertHold
  readonly #ports: AccountPorts
  readonly #router: BannerRouter
  readonly #lost = new LostMessages()
  #shown: Inbox | null = null
  #appState: AppState

  constructor(ports: AccountPorts, ledger: PresentedLedger, inbox: () => Inbox) {
    this.#ports = ports
    const { link, clock, banner, system, tone, settings } = ports
    this.#appState = link.roster.appState
    this.hold = new AlertHold(clock, () => !link.hasMet)
    this.#router = new BannerRouter({
      id: link.id,
      local: banner,
      roster: link.roster,
      clock,
      send: (message) => {
        link.send(message)
      },
      onTabLost: () => {
        this.appStateChanged(link.roster.appState)
      },
    })
    this.presenter = new Presenter({
      banner: this.#router,
      system,
      tone,
      clock,
      ledger,
      settings,
      appState: () => link.roster.appState,
      isMuted: (feed) => inbox().feeds[feed]?.muted ?? false,
      isRead: ({ feed, seq }) => rangesHold(inbox().feeds[feed]?.read ?? [], seq),
      report: (error) => {
        ports.log('alert.failed', { error: String(error) })
      },
    })
  }

  /** The app, seen as all its tabs together, came to the foreground or left it. */
  appStateChanged(appState: AppState): void {
    const changed = appState !== this.#appState
    this.#appState = appState
    this.hold.appStateChanged(appState)
    if (changed) void this.presenter.appStateChanged(appState)
  }

  /** This tab raises the alerts from now on. What an earlier run left in the tray goes when the app is looked at. */
  begin(): void {
    this.hold.start(this.#ports.link.roster.appState)
    if (this.#appState === 'foreground') void this.presenter.appStateChanged('foreground')
  }

  /** The user took the banner of this tab away. */
  dismissBanner(): void {
    this.#ports.banner.hide()
    this.presenter.dismissBanner()
  }

  /** Takes away the alerts of what was read, here or elsewhere, and of what no log has any more. */
  async inboxChanged(inbox: Inbox): Promise<void> {
    const before = this.#shown
    this.#shown = inbox
    if (!before || before.feeds === inbox.feeds) return
    await this.presenter.closeMessages([...newlyRead(before, inbox), ...this.#lost.after(before, inbox)])
  }

  hear(message: TabMessage, leads: boolean): void {
    if (message.type === 'bannerShown') this.#router.shown(message.number)
    if (message.type === 'bannerDismissed' && leads) this.presenter.dismissBanner()
    if (message.type === 'bannerHide') this.#ports.banner.hide()
    if (message.type !== 'banner' || message.to !== this.#ports.link.id) return
    this.#ports.banner.show(message.alert)
    this.#ports.link.send({ type: 'bannerShown', number: message.number })
  }
}

/** The messages that were unread before a change and are not after it, or are no longer there. */
function newlyRead(before: Inbox, after: Inbox): string[] {
  const touched = new Set<string>()
  for (const record of Object.values(before.feeds)) {
    if (after.feeds[record.feed]?.read !== record.read) touched.add(record.feed)
  }
  if (touched.size === 0) return []
  const isRead = (row: Message): boolean =>
    touched.has(row.feed) && isUnread(before, row) && !isUnread(after, row)
  return before.rows.filter(isRead).map((row) => row.id)
}
