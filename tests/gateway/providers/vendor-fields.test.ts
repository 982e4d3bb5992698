import { readFileSync } from 'node:fs'
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startFakeService, type FakeReply, type FakeRequest } from '@herald/push-fakes/fake-service'
import { startWebPushFake } from '@herald/push-fakes/webpush-fake'
import { toNotification } from '../../../gateway/providers/apns/notification'
import { ProviderToken } from '../../../gateway/providers/apns/provider-token'
import { EndpointGuard } from '../../../gateway/providers/endpoint-guard'
import { FcmProvider } from '../../../gateway/providers/fcm/fcm-provider'
import { GetuiProvider } from '../../../gateway/providers/getui/getui-provider'
import { HmsProvider } from '../../../gateway/providers/hms/hms-provider'
import { JpushProvider } from '../../../gateway/providers/jpush/jpush-provider'
import type { Provider, PushTarget } from '../../../gateway/providers/provider'
import { UnicloudProvider } from '../../../gateway/providers/unicloud/unicloud-provider'
import { openVapidKeys } from '../../../gateway/providers/webpush/vapid-keys'
import { WebPushProvider } from '../../../gateway/providers/webpush/webpush-provider'
import { fieldsOf } from '../foreign/request-fields'
import { clearAlert, messageAlert } from './provider-suite'
import { targetOf } from './push-alerts'

const APP = 'com.example.herald'
const CID = 'c1'.repeat(16)
const OPTIONS = { HW: { '/message/android/category': 'IM' } }
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const account = { privateKey: createPrivateKey(rsa.export({ type: 'pkcs8', format: 'pem' })), keyId: 'key' }

/** Headers that every request has, whatever is sent; nothing is assumed of them. */
const TRANSPORT = /^(?:host|connection|accept|accept-.*|sec-.*|user-agent|content-length|transfer-encoding)$/

/** What a service answers so that the gateway goes on to what is looked at. */
function goOn({ path }: FakeRequest): FakeReply {
  if (path === '/token') return { status: 200, body: { access_token: 'a', expires_in: 3600 } }
  if (path.endsWith('/auth'))
    return {
      status: 200,
      body: { code: 0, data: { token: 't', expire_time: String(Date.now() + 86_400_000) } },
    }
  if (path === '/v3/push/cid') return { status: 200, body: { cidlist: ['cid-1'] } }
  return { status: 200, body: {} }
}

function jwtFields(text: string): string[] {
  const [, head = '', claims = ''] = /([\w-]{10,})\.([\w-]{10,})\.[\w-]{10,}/.exec(text) ?? []
  const names = (part: string): string[] =>
    part === '' ? [] : Object.keys(JSON.parse(Buffer.from(part, 'base64url').toString()) as object)
  return [...names(head).map((name) => `jwt header ${name}`), ...names(claims).map((name) => `jwt ${name}`)]
}

function bodyFields({ headers, body }: FakeRequest): string[] {
  const type = String(headers['content-type'])
  if (type.startsWith('application/x-www-form-urlencoded'))
    return [...new URLSearchParams(body)].flatMap(([name, value]) => [`form ${name}`, ...jwtFields(value)])
  if (!type.startsWith('application/json') || body === '') return []
  const read = JSON.parse(body) as Record<string, unknown>
  const inner = typeof read.push === 'string' ? { push: JSON.parse(read.push) as unknown } : {}
  return [...fieldsOf(read).keys(), ...fieldsOf(inner).keys()].filter((name) => name !== '')
}

/** Options are the operator's own, and payloads the client's: what is in them is no field of the service. */
const outer = (field: string): string =>
  field.replace(
    /^((?:.*\.)?(?:ups\.options|third_party_channel|push\.options|push\.category|push\.payload))\b.*/,
    '$1',
  )

function fieldsOfRequest(request: FakeRequest): string[] {
  const headers = Object.keys(request.headers).filter((name) => !TRANSPORT.test(name))
  return [
    ...headers.map((name) => `header ${name}`),
    ...jwtFields(String(request.headers.authorization)),
    ...bodyFields(request).map(outer),
  ]
}

/** Every field that a provider sends, of alerts that have all that an alert can have. */
async function sentBy(open: (url: string) => { provider: Provider; target: PushTarget }): Promise<string[]> {
  const service = await startFakeService(goOn)
  onTestFinished(() => service.close())
  const { provider, target } = open(service.url)
  onTestFinished(() => provider.close())
  const signal = new AbortController().signal
  const handle = await provider.prepare?.(signal)
  const more = handle === undefined ? {} : { handle }
  const body = '文'.repeat(210)
  for (const sound of [true, false])
    await provider.send(target, { ...messageAlert({ body, sound }), ...more }, signal)
  await provider.send(target, { ...clearAlert({ ref: 'task-1' }), ...more }, signal)
  return service.requests.flatMap(fieldsOfRequest)
}

const services: Readonly<Record<string, () => Promise<string[]>>> = {
  APNs: () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const key = { teamId: 'T', keyId: 'K', privateKey: ec }
    const clock = { now: Date.now, monotonic: Date.now }
    const token = new ProviderToken(key, clock, () => undefined).current()
    const sent = [messageAlert(), clearAlert()].flatMap((alert) => {
      const push = toNotification(alert, APP, Date.now())
      if (typeof push === 'string') throw new Error(push)
      const fields = fieldsOf(JSON.parse(push.body.toString())).keys()
      return [...Object.keys(push.headers).map((name) => `header ${name}`), ...fields]
    })
    return Promise.resolve(['header authorization', ...jwtFields(token), ...sent])
  },
  FCM: () =>
    sentBy((url) => ({
      provider: new FcmProvider({
        ...{ ...account, packageName: APP, projectId: 'p', clientEmail: 'e', url },
        ...{ tokenUrl: `${url}/token`, audience: 'https://oauth2.googleapis.com/token' },
      }),
      target: targetOf('fcm', APP, 'x'.repeat(100)),
    })),
  HMS: () =>
    sentBy((url) => ({
      provider: new HmsProvider({
        ...{ ...account, packageName: APP, projectId: '1', clientId: '2', subAccount: '3' },
        ...{ category: 'IM', url },
      }),
      target: targetOf('hms', APP, 'x'.repeat(100)),
    })),
  Getui: () =>
    sentBy((url) => ({
      provider: new GetuiProvider({
        ...{ appId: APP, appKey: 'k', masterSecret: 's', url, androidPackage: APP, vendorOptions: OPTIONS },
        ...{ harmonyCategory: 'IM', perMinute: 0, perDay: 0 },
      }),
      target: targetOf('unipush', APP, CID),
    })),
  uniCloud: () =>
    sentBy((url) => ({
      provider: new UnicloudProvider({
        ...{ url, signKey: 'k'.repeat(32), vendorOptions: OPTIONS, categories: { harmony: 'IM' } },
        ...{ perMinute: 0, perDay: 0 },
      }),
      target: targetOf('unipush', APP, CID),
    })),
  JPush: () =>
    sentBy((url) => ({
      provider: new JpushProvider({
        ...{ appKey: APP, masterSecret: 's', url, vendorOptions: OPTIONS, classification: 1 },
        ...{ androidChannel: 'alerts', badgeClass: 'Main', harmonyCategory: 'IM', iosBytes: 2000 },
        ...{ audiences: new Set(), perMinute: 0 },
      }),
      target: targetOf('jpush', APP, CID),
    })),
  'Web Push': async () => {
    const browsers = await startWebPushFake()
    onTestFinished(() => browsers.close())
    const keys = openVapidKeys({ load: () => undefined, save: () => undefined })
    return sentBy((url) => ({
      provider: new WebPushProvider({
        keys,
        contact: 'mailto:a@example.com',
        guard: new EndpointGuard([url]),
      }),
      target: {
        ...targetOf('webpush', keys.publicKey, `${url}/push/x`),
        keys: browsers.newSubscription(keys.publicKey).keys,
      },
    }))
  },
}

/** The fields in the first column of a service's table. */
function rowsOf(page: string, service: string): string[] {
  const text = readFileSync(new URL(`../../../docs/${page}`, import.meta.url), 'utf8')
  const [, section = ''] = new RegExp(`^## ${service}\\n(.*?)(?=^## |(?![^]))`, 'ms').exec(text) ?? []
  const cells = section.split('\n').map((line) => /^\| (`.*?`) +\| /.exec(line)?.[1] ?? '')
  return cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, field = '']) => field))
}

describe.each(['vendors.md', 'vendors.zh-CN.md'])('the table of what services are told, docs/%s', (page) => {
  it.each(Object.keys(services))(
    'has a row for every field that %s is sent, and none for another',
    async (name) => {
      const sent = await services[name]?.()
      expect(sent?.length).toBeGreaterThan(3)
      expect(rowsOf(page, name).toSorted()).toEqual([...new Set(sent)].toSorted())
    },
  )
})
