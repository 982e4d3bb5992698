import { asyncApi, Refusal, type Api, type ApiOptions } from './api'
import type { MiniHost } from './host'
import type { PageStack } from './page-stack'
import { shownText } from './shown-text'

/** A modal or an action sheet that waits for a finger. */
export interface Dialog {
  readonly title: string
  readonly content: string
  /** The words that can be tapped. */
  readonly choices: readonly string[]
  choose(words: string): void
}

export interface Interface {
  readonly api: Record<string, Api>
  readonly dialog: () => Dialog | null
  /** Whether the page shows that it refreshes. */
  readonly isRefreshing: () => boolean
  readonly pullToRefresh: () => void
}

/** What WeChat draws over and around the pages. */
export function openInterface(host: MiniHost, pages: PageStack): Interface {
  const dialogs: Dialog[] = []
  let isRefreshing = false
  const { actions } = host.device
  const pullToRefresh = () => {
    const { component } = pages.top
    const isOn =
      component.definition.config.enablePullDownRefresh ?? host.bundle.config.window?.enablePullDownRefresh
    if (isOn !== true) throw new Error(`${component.definition.path} does not set enablePullDownRefresh`)
    isRefreshing = true
    component.call('onPullDownRefresh')
  }
  const ask = (title: string, content: string, choices: readonly string[]) =>
    new Promise<string>((done) => {
      const dialog: Dialog = {
        title,
        content,
        choices,
        choose: (words) => {
          dialogs.splice(dialogs.indexOf(dialog), 1)
          done(words)
        },
      }
      dialogs.push(dialog)
    })
  const logged = (name: string, words: (options: ApiOptions) => string): [string, Api] => [
    name,
    asyncApi(host, name, (options) => {
      actions.push(words(options))
      return {}
    }),
  ]
  const api: Record<string, Api> = {
    ...Object.fromEntries([
      logged('showToast', ({ title }) => `toast ${String(title)}`),
      logged('hideToast', () => 'hide toast'),
      logged('showLoading', ({ title }) => `loading ${String(title)}`),
      logged('hideLoading', () => 'hide loading'),
      logged('showNavigationBarLoading', () => 'navigation bar loading'),
      logged('hideNavigationBarLoading', () => 'hide navigation bar loading'),
      logged('setNavigationBarColor', ({ backgroundColor }) => `navigation bar ${String(backgroundColor)}`),
      logged('setBackgroundColor', ({ backgroundColor }) => `background ${String(backgroundColor)}`),
      logged('setBackgroundTextStyle', ({ textStyle }) => `background text ${String(textStyle)}`),
      logged('vibrateShort', ({ type }) => `vibrate short${type === undefined ? '' : ` ${shownText(type)}`}`),
      logged('vibrateLong', () => 'vibrate long'),
      logged('setKeepScreenOn', ({ keepScreenOn }) => `keep screen on ${String(keepScreenOn)}`),
      logged('makePhoneCall', ({ phoneNumber }) => `call ${String(phoneNumber)}`),
      logged('openSetting', () => 'open settings'),
    ]),
    setNavigationBarTitle: asyncApi(host, 'setNavigationBarTitle', ({ title }) => {
      pages.top.title = String(title)
    }),
    pageScrollTo: asyncApi(host, 'pageScrollTo', ({ scrollTop }) => {
      pages.top.scrollTop = Number(scrollTop ?? 0)
    }),
    startPullDownRefresh: asyncApi(host, 'startPullDownRefresh', pullToRefresh),
    stopPullDownRefresh: asyncApi(host, 'stopPullDownRefresh', () => void (isRefreshing = false)),
    setClipboardData: asyncApi(host, 'setClipboardData', ({ data }) => {
      if (host.device.options.undeclared.includes('clipboard'))
        throw new Refusal('api scope is not declared in the privacy agreement')
      host.device.clipboard = String(data)
      actions.push(`copy ${String(data)}`)
    }),
    getClipboardData: asyncApi(host, 'getClipboardData', () => ({ data: host.device.clipboard })),
    showModal: asyncApi(host, 'showModal', async (options) => {
      const yes = shownText(options.confirmText ?? '确定')
      const no = options.showCancel === false ? [] : [shownText(options.cancelText ?? '取消')]
      const chosen = await ask(shownText(options.title), shownText(options.content), [...no, yes])
      return { confirm: chosen === yes, cancel: chosen !== yes, content: null }
    }),
    showActionSheet: asyncApi(host, 'showActionSheet', async ({ itemList, alertText }) => {
      const items = [...(itemList as string[])].map(String)
      if (items.length > 6) throw new Refusal('parameter error: itemList should not be larger than 6')
      const chosen = await ask(shownText(alertText), '', [...items, '取消'])
      if (!items.includes(chosen)) throw new Refusal('cancel')
      return { tapIndex: items.indexOf(chosen) }
    }),
  }
  return { api, dialog: () => dialogs.at(-1) ?? null, isRefreshing: () => isRefreshing, pullToRefresh }
}
