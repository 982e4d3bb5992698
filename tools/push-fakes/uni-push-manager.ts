import { randomBytes } from 'node:crypto'
import type { FakePhone, FakePhones } from './fake-phone'
import { at, Fault, strictly, textOf, type Fields } from './strict-fields'

/** What sendMessage answers. */
export interface UniPushAnswer {
  readonly errCode: number | string
  readonly errMsg: string
  readonly data?: unknown
}

const AUDIENCES = [
  'user_id',
  'user_tag',
  'device_id',
  'push_clientid',
  'getui_alias',
  'getui_custom_tag',
  'getui_big_data_tag',
]
const FIELDS = [
  ...AUDIENCES,
  ...['title', 'content', 'payload', 'force_notification', 'badge', 'channel', 'request_id', 'group_name'],
  ...['sound', 'content_available', 'open_url', 'settings', 'options', 'category', 'platform', 'check_token'],
]
/** What is beyond is ignored without a word. */
const MAX_DEVICES = 500
const MAX_TTL_MS = 3 * 24 * 3_600_000
const DEFAULT_TTL_MS = 3_600_000
const GETUI_ONLY = 3

/**
 * `uniCloud.getPushManager()` of uni-push 2.0: https://doc.dcloud.net.cn/uniCloud/uni-cloud-push/api.html. Its errors
 * are Getui's, in its own wrapping.
 */
export class UniPushManager {
  /** Messages that were taken. */
  readonly pushes: (Fields & { readonly taskId: string })[] = []
  /** Repeated request ids: answered with success, and thrown away. */
  readonly dropped: string[] = []
  readonly refused: UniPushAnswer[] = []
  readonly refusals: UniPushAnswer[] = []
  /** Messages without an audience: they reached everybody. */
  broadcasts = 0
  readonly #phones: FakePhones
  readonly #now: () => number

  constructor(phones: FakePhones, now: () => number) {
    this.#phones = phones
    this.#now = now
  }

  sendMessage(message: unknown): Promise<UniPushAnswer> {
    const answer = this.refusals.shift() ?? this.#send(message)
    if (answer.errCode !== 0) this.refused.push(answer)
    return Promise.resolve(answer)
  }

  #send(given: unknown): UniPushAnswer {
    try {
      const message = strictly.fields(given, 'the argument')
      check(message)
      return this.#deliver(message)
    } catch (error) {
      if (error instanceof Fault) return getuiError(20001, error.message)
      throw error
    }
  }

  #deliver(message: Fields): UniPushAnswer {
    const phones = this.#audience(message)
    if (phones.length === 0) return getuiError(20001, 'target user is invalid')
    const taskId = `RASS_${randomBytes(8).toString('hex')}`
    const requestId = message.request_id
    if (typeof requestId === 'string' && this.pushes.some((one) => one.request_id === requestId)) {
      this.dropped.push(requestId)
      return success(taskId, phones, () => 'successed_offline')
    }
    this.pushes.push({ ...message, taskId })
    return success(taskId, phones, (phone) => {
      if (phone.dormant) return 'successed_ignore'
      const status = phone.online ? 'successed_online' : 'successed_offline'
      deliver(message, phone, taskId, this.#now())
      return status
    })
  }

  #audience(message: Fields): FakePhone[] {
    const [kind] = AUDIENCES.filter((name) => message[name] !== undefined)
    if (kind === undefined) {
      this.broadcasts += 1
      return [...this.#phones.all]
    }
    if (kind !== 'push_clientid') throw new Fault(`this fake knows no ${kind}`)
    const given = message.push_clientid
    const cids = (Array.isArray(given) ? given : [given]) as unknown[]
    return cids
      .slice(0, MAX_DEVICES)
      .map((cid) => this.#phones.get(textOf(cid)))
      .filter((phone) => phone !== undefined)
  }
}

const getuiError = (code: number, errMsg: string): UniPushAnswer => ({
  errCode: `uni-cloud-push-error-${code}`,
  errMsg,
})

function success(
  taskId: string,
  phones: readonly FakePhone[],
  status: (phone: FakePhone) => string,
): UniPushAnswer {
  const statuses = Object.fromEntries(phones.map((phone) => [phone.token, status(phone)]))
  return { errCode: 0, errMsg: 'success', data: { [taskId]: statuses } }
}

function check(message: Fields): void {
  strictly.only(message, FIELDS, 'sendMessage')
  const audiences = AUDIENCES.filter((name) => message[name] !== undefined)
  if (audiences.length > 1) throw new Fault(`only one of ${audiences.join(', ')} may be given`)
  if (Array.isArray(message.push_clientid) && message.push_clientid.length > 1000) {
    throw new Fault('push_clientid has more than 1000 entries')
  }
  strictly.text(message.title, 'title', 19)
  strictly.text(message.content, 'content', 49)
  const { payload } = message
  const text = typeof payload === 'string' ? payload : JSON.stringify(strictly.fields(payload, 'payload'))
  strictly.text(text, 'payload', 799)
  if (message.request_id !== undefined) strictly.text(message.request_id, 'request_id', 32, 10)
  const settings = strictly.fields(message.settings ?? {}, 'settings')
  strictly.only(settings, ['ttl', 'strategy', 'speed', 'schedule_time'], 'settings')
  if (settings.ttl !== undefined) strictly.integer(settings.ttl, 'settings.ttl', -1, MAX_TTL_MS)
}

function deliver(message: Fields, phone: FakePhone, taskId: string, now: number): void {
  const { payload } = message
  const badge = typeof message.badge === 'number' ? message.badge : undefined
  const show = (): void =>
    phone.show(
      {
        title: textOf(message.title),
        body: textOf(message.content),
        payload,
        sound: true,
        ref: taskId,
      },
      undefined,
      badge,
    )
  const bring = message.force_notification === true ? show : () => phone.receive(payload, badge)
  if (phone.online) bring()
  else if (at(message, 'settings', 'strategy', 'default') !== GETUI_ONLY && reachable(phone)) show()
  else phone.wait(now + Number(at(message, 'settings', 'ttl') ?? DEFAULT_TTL_MS), bring)
}

/** Whether anything but Getui's own connection leads to the device. */
const reachable = (phone: FakePhone): boolean => phone.platform !== 'android' || phone.maker !== null
