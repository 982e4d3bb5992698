import type { FakePhone } from './fake-phone'
import type { GetuiMessage } from './getui-message'
import { at, isFields, textOf, type Fields } from './strict-fields'

/** Channels that take a notification back: https://docs.getui.com/getui/scene/recall */
const RECALLING_MAKERS = new Set(['xm', 'vv'])
const SILENCE = 'com.gexin.ios.silence'

const ONLINE_ELSE_VENDOR = 1
const VENDOR_ONLY = 2
const GETUI_ONLY = 3

/** Brings a push to a device as Getui and uni-push do. @param now ms since 1970. */
export function deliverGetui(message: GetuiMessage, phone: FakePhone, taskId: string, now: number): void {
  const own = message.strategy[phone.platform === 'ios' ? 'ios' : (phone.maker ?? 'default')]
  const strategy = own ?? message.strategy.default ?? ONLINE_ELSE_VENDOR
  const byGetui = (): void => deliverByGetui(message, phone, taskId)
  const queue = (): void => phone.wait(now + message.ttl, byGetui)
  const getuiFirst = strategy === GETUI_ONLY || strategy === ONLINE_ELSE_VENDOR
  if (getuiFirst && phone.online) byGetui()
  else if (strategy === GETUI_ONLY) queue()
  else if (!deliverByVendor(message, phone, taskId) && strategy !== VENDOR_ONLY) {
    if (phone.online) byGetui()
    else queue()
  }
}

function deliverByGetui({ message }: GetuiMessage, phone: FakePhone, taskId: string): void {
  if (message.kind === 'revoke') return void phone.remove(textOf(at(message.value, 'old_task_id')))
  const text = String(message.value)
  const push = autoNotification(text)
  // iOS has no notifications of its own making: the app gets the text.
  if (push === undefined || phone.platform === 'ios') phone.receive(push?.payload ?? text)
  else phone.show({ ...push, sound: true, ref: taskId })
}

/** uni-push 1 on Android shows a transmission of exactly these three texts, and passes any other to the app. */
function autoNotification(
  text: string,
): { readonly title: string; readonly body: string; readonly payload: string } | undefined {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    // Not JSON: for the app.
    return undefined
  }
  if (!isFields(read) || Object.keys(read).sort().join() !== 'content,payload,title') return undefined
  return { title: textOf(read.title), body: textOf(read.content), payload: textOf(read.payload) }
}

/** False when there is no way to the device but Getui's own. */
function deliverByVendor(message: GetuiMessage, phone: FakePhone, taskId: string): boolean {
  if (phone.platform === 'ios') return deliverByApns(message, phone, taskId)
  if (phone.platform === 'harmony') return deliverByHarmony(message, phone, taskId)
  const { ups } = message
  if (ups === undefined || phone.maker === null) return false
  if (ups.revoke !== undefined) {
    const known = RECALLING_MAKERS.has(phone.maker)
    return known && phone.remove(textOf(at(ups, 'revoke', 'old_task_id')))
  }
  const { notification } = ups
  if (phone.maker === 'xm' && phone.wantsTemplate && !fitsTemplate(ups)) return true
  const key = textOf(at(notification, 'notify_id'))
  phone.show(
    {
      title: textOf(at(notification, 'title')),
      body: textOf(at(notification, 'body')),
      payload: payloadOfIntent(at(notification, 'intent')),
      sound: true,
      ref: taskId,
    },
    key || undefined,
  )
  return true
}

/**
 * Xiaomi, "小米推送模板接入指南": a private message names a channel and a template and brings its variables, 1 to 128
 * characters each, without emoji. Getui hands these on as they are; what does not fit Xiaomi drops.
 */
function fitsTemplate(ups: Fields): boolean {
  const option = (name: string): string => textOf(at(ups, 'options', 'XM', `/extra.${name}`))
  if (option('channel_id') === '' || option('template_id') === '') return false
  const variables = parseFields(option('template_param'))
  return (
    variables !== undefined &&
    Object.values(variables).every(
      (value) =>
        typeof value === 'string' &&
        /^.{1,128}$/su.test(value) &&
        !/[\p{So}\p{Extended_Pictographic}]/u.test(value),
    )
  )
}

function parseFields(text: string): Fields | undefined {
  try {
    const read: unknown = JSON.parse(text)
    return isFields(read) ? read : undefined
  } catch {
    return undefined // no variables
  }
}

/** What uni-push's activity reads from the intent that a click opens it with. */
function payloadOfIntent(intent: unknown): string | undefined {
  const [, payload] = /;S\.payload=([^;]*);/.exec(String(intent)) ?? []
  return payload === undefined ? undefined : decodeURIComponent(payload)
}

function deliverByApns({ ios }: GetuiMessage, phone: FakePhone, taskId: string): boolean {
  if (ios === undefined) return false
  const badge = badgeAfter(phone.badge, ios.auto_badge)
  const alert = at(ios, 'aps', 'alert')
  if (alert === undefined) {
    phone.receive(ios.payload, badge)
    return true
  }
  const sound = at(ios, 'aps', 'sound')
  const key = ios['apns-collapse-id']
  phone.show(
    {
      title: textOf(at(alert, 'title')),
      body: textOf(at(alert, 'body')),
      payload: ios.payload,
      sound: sound !== undefined && sound !== SILENCE,
      ref: taskId,
    },
    typeof key === 'string' ? key : undefined,
    badge,
  )
  return true
}

function badgeAfter(before: number, change: unknown): number | undefined {
  if (typeof change !== 'string') return undefined
  return /^[+-]/.test(change) ? before + Number(change) : Number(change)
}

function deliverByHarmony({ harmony }: GetuiMessage, phone: FakePhone, taskId: string): boolean {
  if (harmony === undefined) return false
  if (harmony.revoke !== undefined) {
    // Huawei recalls by the id that the push had; without one there is nothing to recall it by.
    const known = phone.shown.find(({ ref }) => ref === at(harmony, 'revoke', 'old_task_id'))
    return known?.recallable === true && phone.remove(known.ref)
  }
  const { notification } = harmony
  if (notification === undefined) return false
  const own = textOf(at(notification, 'notify_id'))
  const key = own || textOf(at(harmony, 'options', 'HW', '/payload/notification/notifyId'))
  phone.show(
    {
      title: textOf(at(notification, 'title')),
      body: textOf(at(notification, 'body')),
      payload: at(notification, 'click_type') === 'payload' ? at(notification, 'payload') : undefined,
      sound: true,
      ref: taskId,
      recallable: own !== '',
    },
    key || undefined,
  )
  return true
}
