import type { Inbox } from '../services/inbox/inbox'
import type { BannerPort, Permission, UnsupportedReason } from '../services/presentation/presentation'
import type { PushView } from '../services/push/push-port'
import type { View } from '../services/session/view'
import type { Settings } from '../services/storage/settings'
import type { Commit } from './changes'
import { InboxCommits, type Schedule } from './inbox-commits'

/** What the services show, committed to the state. */
export class StoreView implements View {
  /** The banner that pages show. */
  readonly pageBanner: BannerPort
  readonly #commit: Commit
  readonly #inbox: InboxCommits
  /** The connection is live, and what came with its welcome can be seen. */
  onLive: () => void = () => undefined
  #visible = true
  #unseen: Parameters<View['connection']>[0] = {}

  constructor(commit: Commit, schedule?: Schedule) {
    this.#commit = commit
    this.pageBanner = {
      show(alert) {
        commit('banner', alert)
      },
      hide() {
        commit('banner', null)
      },
    }
    this.#inbox = new InboxCommits((inbox) => {
      commit('inbox', inbox)
    }, schedule)
  }

  /**
   * Whether anybody can see the app. While nobody can, states of the connection wait, and the last counts: without a network
   * they change twice with each dial, and each change would be a message to the webview of each page.
   */
  setVisible(visible: boolean): void {
    this.#visible = visible
    if (!visible || Object.keys(this.#unseen).length === 0) return
    this.#commit('connection', this.#unseen)
    this.#unseen = {}
  }

  /** Brings the state up to date now, for who reads it right after a deed. */
  flush(): void {
    this.#inbox.flush()
  }

  session(patch: Parameters<View['session']>[0]): void {
    this.#commit('session', patch)
  }

  connection(patch: Parameters<View['connection']>[0]): void {
    const isLive = patch.name === 'live'
    // What came with the welcome may still wait for its frame: whoever hears that it is live counts on it.
    if (isLive) this.#inbox.flush()
    if (this.#visible) this.#commit('connection', patch)
    else this.#unseen = { ...this.#unseen, ...patch }
    if (isLive) this.onLive()
  }

  inbox(inbox: Inbox): void {
    this.#inbox.add(inbox)
  }

  ready(): void {
    this.#inbox.flush()
    this.#commit('ready', true)
  }

  settings(settings: Settings): void {
    this.#commit('settings', settings)
  }

  permission(permission: Permission, unsupported: UnsupportedReason | null): void {
    this.#commit('settings', { permission, unsupported, permissionKnown: true })
  }

  push(push: PushView): void {
    this.#commit('settings', { push })
  }

  clear(): void {
    this.#inbox.drop()
    this.#commit('clear', null)
  }
}
