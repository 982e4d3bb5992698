import type { Notification } from '../tray'
import { strict } from '../strict'
import { answer, listenersApi, type NativeHost } from './host'

/** What the app's listeners get of a notification. */
export function pushEvent({ title, content, opens, from }: Told, isIos: boolean): object {
  return { title, content, payload: payloadOf(opens, from, isIos), type: 'click' }
}

type Told = Pick<Notification, 'title' | 'content' | 'opens' | 'from'>

/**
 * What a payload is after its way through the system: JSON comes back as an object, on Android always
 * (PushMessage.toJSON), on iOS from a provider.
 */
function payloadOf(payload: unknown, from: Notification['from'], isIos: boolean): unknown {
  const isRead = !isIos || from === 'provider'
  return isRead && typeof payload === 'string' ? parsed(payload) : payload
}

/** A push without texts: iOS hands over everything beside `aps`, and not what is in `payload` (PGPush.m). */
export const silentPayload = (payload: unknown, isIos: boolean): unknown => (isIos ? { payload } : payload)

/** iOS shows a local notification by a trigger of one second, in ms. */
const IOS_TRIGGER_MS = 1_000

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    // Not JSON: iOS gives it back as it came.
    return text
  }
}

/** `plus.push`: local notifications, their clicks, Android's channels, and the client's push id. */
export function openPush(host: NativeHost) {
  const { device } = host
  const { tray, permissions } = device
  const { clientid, token } = device.pushIdentity
  const info = { id: 'unipush', appid: 'emulated', appkey: 'emulated', clientid, token }
  const { own } = host
  /** Android's numbers begin anew in each process. */
  let lastNumber = 1

  const showOnAndroid = (content: string, payload: unknown, options: Record<string, unknown>) => {
    const title = typeof options.title === 'string' ? options.title : host.manifest.name
    if (options.cover === true) tray.clear()
    lastNumber += 1
    own.add(
      tray.showAs(lastNumber, { title, content, payload, from: 'app', options }, device.pendingIntents).id,
    )
  }

  const showOnIos = (content: string, payload: unknown, options: Record<string, unknown>) => {
    const notification = tray.show({ title: host.manifest.name, content, payload, from: 'app', options })
    // iOS tells the app in front of its own local notification as if it had been received (dcloudio/uni-app#1074).
    if (device.behind) return
    const event = { ...pushEvent(notification, true), type: 'receive' }
    host.time.later(() => host.push.fire('receive', host.toLogic(event)))
  }
  const show = device.isIos ? showOnIos : showOnAndroid

  const tellInfo = (success?: (result: unknown) => void, fail?: (result: unknown) => void) => {
    const isRefused = device.isIos && permissions.notificationAuthorized !== 'authorized'
    if (device.clientInfo === 'never' || isRefused) return
    if (device.clientInfo === 'answers') answer(host, success, info)
    else answer(host, fail, { code: -1, message: 'no push platform' })
  }

  return {
    ...listenersApi(host.push),
    createMessage: (content: string, payload: unknown, options: Record<string, unknown> = {}) => {
      if (permissions.notificationAuthorized !== 'authorized') return
      // The system holds a delayed one, not the app: it comes while the app is frozen or gone, too.
      const copy = JSON.parse(JSON.stringify({ payload, options })) as {
        payload?: unknown
        options: typeof options
      }
      const delayMs = Number(options.delay ?? 0) * 1000 + (device.isIos ? IOS_TRIGGER_MS : 0)
      if (delayMs > 0) device.later(() => show(content, copy.payload, copy.options), delayMs)
      else show(content, copy.payload, copy.options)
    },
    // iOS lists nothing, Android what this process has made: nothing of an earlier one, and no push of a provider.
    getAllMessage: () =>
      host.toLogic(
        tray.shown
          .filter(({ id }) => own.has(id))
          .map((one) => ({
            ...pushEvent({ ...one, opens: one.payload }, false),
            __uuid: one.id,
            type: undefined,
          })),
      ),
    remove: ({ __uuid }: { __uuid?: number }) => {
      if (__uuid !== undefined && own.has(__uuid)) tray.remove(__uuid)
    },
    clear: () => {
      tray.clear()
      // setApplicationIconBadgeNumber:1, then :0.
      if (device.isIos) device.badge = 0
    },
    setAutoNotification: (on: boolean) => void device.actions.push(`autoNotification ${String(on)}`),
    getClientInfo: () => {
      permissions.askIos()
      return host.toLogic(info)
    },
    getClientInfoAsync: (success?: (result: unknown) => void, fail?: (result: unknown) => void) => {
      permissions.askIos()
      tellInfo(success, fail)
    },
    getChannelManager: () => (device.isIos ? null : channelManager(host)),
  }
}

function channelManager(host: NativeHost) {
  const { tray } = host.device
  const manager = {
    setPushChannel: (channel: { channelId: string; channelDesc: string }) => tray.addChannel({ ...channel }),
    getAllChannels: () => host.toLogic(tray.channels),
  }
  return strict('uni.getChannelManager()', manager, { report: host.report })
}
