import type { Notification } from '../tray'
import { strict } from '../strict'
import { answer, listenersApi, type NativeHost } from './host'

/** What the app's listeners get of a notification. */
export function pushEvent({ title, content, payload, from }: Notification, isIos: boolean): object {
  return { title, content, payload: payloadOf(payload, from, isIos), type: 'click' }
}

/**
 * What a payload is after its way through the system: Android loses a local object, iOS gives a provider's JSON back as
 * an object.
 */
function payloadOf(payload: unknown, from: Notification['from'], isIos: boolean): unknown {
  if (!isIos) return from === 'app' && typeof payload !== 'string' ? '' : payload
  return from === 'provider' && typeof payload === 'string' ? parsed(payload) : payload
}

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

  const show = (content: string, payload: unknown, options: Record<string, unknown>) => {
    const title = device.isIos || typeof options.title !== 'string' ? host.manifest.name : options.title
    // Android alone lets one take the place of those before it.
    if (!device.isIos && options.cover === true) tray.clear()
    const notification = tray.show({ title, content, payload, from: 'app', options })
    // iOS tells the app of its own local notification as if it had been received (dcloudio/uni-app#1074).
    if (device.isIos) {
      const event = { ...pushEvent(notification, true), type: 'receive' }
      host.time.later(() => host.push.fire('receive', host.toLogic(event)))
    }
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
      const delayMs = Number(options.delay ?? 0) * 1000
      if (delayMs > 0) setTimeout(() => show(content, copy.payload, copy.options), delayMs)
      else show(content, copy.payload, copy.options)
    },
    // iOS lists nothing, so nothing can be removed by itself.
    getAllMessage: () =>
      host.toLogic(
        device.isIos
          ? []
          : tray.shown.map((one) => ({ ...pushEvent(one, false), __uuid: one.id, type: undefined })),
      ),
    remove: ({ __uuid }: { __uuid?: number }) => {
      if (!device.isIos && __uuid !== undefined) tray.remove(__uuid)
    },
    clear: () => tray.clear(),
    setAutoNotification: (on: boolean) => void device.actions.push(`autoNotification ${String(on)}`),
    getClientInfo: () => {
      permissions.askIos()
      return host.toLogic(info)
    },
    getClientInfoAsync: (success?: (result: unknown) => void) => {
      permissions.askIos()
      answer(host, success, info)
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
