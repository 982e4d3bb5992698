import { Notification, Provider as NodeApn } from '@parse/node-apn'
import { randomUUID } from 'node:crypto'
import { describe, expect, it, onTestFinished } from 'vitest'
import webpush from 'web-push'
import { startGetuiFake } from '@herald/push-fakes/getui-fake'
import { startJpushFake } from '@herald/push-fakes/jpush-fake'
import { startWebPushFake } from '@herald/push-fakes/webpush-fake'
import { toNotification } from '../../../gateway/providers/apns/notification'
import { pushBody as getuiBody } from '../../../gateway/providers/getui/getui-request'
import { pushBody as jpushBody } from '../../../gateway/providers/jpush/jpush-request'
import { startApnsFake } from '@herald/push-fakes/apns-fake'
import { BUNDLE, makeKey, TEAM, TOKEN as APNS_TOKEN } from '../providers/apns/apns-under-test'
import { EMAIL, ownKey, PACKAGE, PROJECT, startFcm, target, TOKEN } from '../providers/fcm/fcm-under-test'
import { messageAlert } from '../providers/provider-suite'
import { targetOf } from '../providers/push-alerts'
import { isInstalled, runClient } from './foreign-client'
import { differences } from './request-fields'

const never = () => new AbortController().signal
const HOUR_MS = 3_600_000
/** Some start a virtual machine, on a machine that has other things to do. */
const TIMEOUT_MS = 90_000

/** One notification, which Herald and the others send. */
const alert = messageAlert({ collapseId: 'm1', priority: 5 })

describe.skipIf(!isInstalled('node'))('firebase-admin', () => {
  it(
    'signs in at the fake and pushes, and Herald sends the same fields',
    async () => {
      const now = Date.now()
      const { fake, provider, close } = await startFcm({ now: () => now })
      onTestFinished(close)
      await provider.send(target(), { ...alert, expires: now + HOUR_MS }, never())
      const message = {
        token: TOKEN,
        data: { payload: alert.payload },
        notification: { title: alert.title, body: alert.body },
        android: {
          ttl: HOUR_MS,
          priority: 'high',
          restrictedPackageName: PACKAGE,
          notification: { tag: 'm1', notificationCount: 3, priority: 'max', defaultSound: true },
        },
      }
      const account = {
        type: 'service_account',
        project_id: PROJECT,
        private_key: ownKey.pem,
        client_email: EMAIL,
      }
      const input = { url: fake.url, account, message }
      expect(await runClient('node', 'firebase-admin.cjs', input)).toMatchObject({ ok: true })
      expect(differences(fake.pushes[0]?.message, fake.pushes[1]?.message)).toEqual({
        oursAlone: [],
        theirsAlone: [],
        // "HIGH" and "high": FCM takes both.
        unlike: ['android.priority'],
        alike: expect.arrayContaining([
          'android.ttl',
          'android.notification.notification_priority',
        ]) as string[],
      })
      const unknown = { ...input, message: { ...message, token: 'unknown-token-of-nobody' } }
      expect(await runClient('node', 'firebase-admin.cjs', unknown)).toMatchObject({
        ok: false,
        code: 'messaging/invalid-argument',
      })
    },
    TIMEOUT_MS,
  )
})

describe('APNs', () => {
  const key = makeKey()
  const start = async () => {
    const device = { token: APNS_TOKEN, environment: 'production', topic: BUNDLE } as const
    const fake = await startApnsFake({ keys: [key.atApple], devices: [device] })
    onTestFinished(() => fake.close())
    return fake
  }
  const message = {
    aps: {
      alert: { title: alert.title, body: alert.body },
      badge: 3,
      'thread-id': alert.thread,
      'interruption-level': 'time-sensitive',
      sound: 'default',
    },
    payload: alert.payload,
  }
  const own = toNotification(alert, BUNDLE, Date.now())
  if (typeof own === 'string') throw new Error(own)

  it('takes a push of node-apn that names no push type, and Herald sends the same fields', async () => {
    const fake = await start()
    const { port } = new URL(fake.url)
    const token = { key: key.pem, keyId: key.atApple.keyId, teamId: TEAM }
    const client = new NodeApn({ token, address: 'localhost', port: Number(port), ca: [fake.ca] })
    const notification = new Notification({ ...message.aps })
    notification.aps = message.aps
    notification.topic = BUNDLE
    notification.id = randomUUID()
    notification.collapseId = 'm1'
    notification.expiry = Math.ceil(alert.expires / 1000)
    notification.payload = { payload: alert.payload }
    const { sent, failed } = await client.send(notification, APNS_TOKEN)
    await client.shutdown()
    expect({ sent: sent.length, failed }).toEqual({ sent: 1, failed: [] })
    expect(differences(JSON.parse(own.body.toString()), fake.pushes[0]?.payload)).toMatchObject({
      ...{ oursAlone: [], theirsAlone: [], unlike: [] },
    })
  })

  it.skipIf(!isInstalled('python'))(
    'takes pushes of aioapns, with a push type and without',
    async () => {
      const fake = await start()
      const input = {
        ...{ port: Number(new URL(fake.url).port), ca: fake.ca, key: key.pem, keyId: key.atApple.keyId },
        ...{ teamId: TEAM, topic: BUNDLE, token: APNS_TOKEN, message, collapse: 'm1' },
      }
      for (const pushType of [true, false]) {
        const push = { ...input, id: randomUUID(), pushType }
        expect(await runClient('python', 'aioapns_client.py', push)).toMatchObject({ ok: true })
      }
      expect(differences(JSON.parse(own.body.toString()), fake.pushes[0]?.payload)).toMatchObject({
        ...{ oursAlone: [], theirsAlone: [], unlike: [] },
      })
      const unknown = { ...input, id: randomUUID(), pushType: true, token: 'b2'.repeat(32) }
      expect(await runClient('python', 'aioapns_client.py', unknown)).toMatchObject({
        ...{ ok: false, reason: 'BadDeviceToken' },
      })
    },
    TIMEOUT_MS,
  )

  it.skipIf(!isInstalled('go'))(
    'takes pushes of apns2, with a push type and without, and Herald sends the same fields',
    async () => {
      const fake = await start()
      const input = {
        ...{
          url: fake.url,
          ca: fake.ca,
          key: key.pem,
          keyId: key.atApple.keyId,
          teamId: TEAM,
          topic: BUNDLE,
        },
        ...{ token: APNS_TOKEN, collapse: 'm1', expiration: Math.ceil(alert.expires / 1000), message },
      }
      for (const pushType of [true, false]) {
        const push = { ...input, id: randomUUID(), pushType }
        expect(await runClient('go', 'apns2', push)).toMatchObject({ ok: true, status: 200 })
      }
      expect(differences(JSON.parse(own.body.toString()), fake.pushes[0]?.payload)).toMatchObject({
        ...{ oursAlone: [], theirsAlone: [], unlike: [] },
      })
      const unknown = { ...input, id: randomUUID(), pushType: true, token: 'b2'.repeat(32) }
      expect(await runClient('go', 'apns2', unknown)).toMatchObject({ ok: false, reason: 'BadDeviceToken' })
    },
    TIMEOUT_MS,
  )
})

describe.skipIf(!isInstalled('python'))('pywebpush', () => {
  it(
    'pushes to the fake, which decrypts it',
    async () => {
      const fake = await startWebPushFake()
      onTestFinished(() => fake.close())
      const { publicKey, privateKey } = webpush.generateVAPIDKeys()
      const subscription = fake.newSubscription(publicKey)
      const input = { subscription, data: alert.payload, key: privateKey }
      expect(await runClient('python', 'pywebpush_client.py', input)).toEqual({ ok: true, status: 201 })
      expect(fake.delivered).toMatchObject([
        { plaintext: alert.payload, urgency: 'high', topic: 'abc', ttl: 60 },
      ])
      fake.end(subscription.endpoint)
      expect(await runClient('python', 'pywebpush_client.py', input)).toEqual({ ok: false, status: 410 })
    },
    TIMEOUT_MS,
  )
})

const RID = '1104a8979278ae64e75'

describe.skipIf(!isInstalled('python'))('JPush’s SDK for Python', () => {
  it(
    'pushes to the fake, a repeat gets the first answer, and Herald sends the same fields',
    async () => {
      const keys = { appKey: 'app-key-of-jpush', masterSecret: 'master-secret' }
      const fake = await startJpushFake(keys)
      onTestFinished(() => fake.close())
      const phone = fake.phones.add(RID, { platform: 'harmony' })
      const own = jpushBody(
        targetOf('jpush', keys.appKey, RID),
        { registration_id: [RID] },
        { ...alert, handle: 'cid' },
        {
          ...keys,
          ...{ url: fake.url, vendorOptions: {}, classification: 1, androidChannel: 'alerts' },
          ...{ badgeClass: 'com.example.Main', harmonyCategory: 'IM', iosBytes: 2000 },
          ...{ audiences: new Set(), perMinute: 0 },
        },
        alert.expires - HOUR_MS,
      )
      const extras = { payload: alert.payload }
      const { title, body, thread } = alert
      const input = {
        ...{ ...keys, url: fake.url, registrationId: RID },
        android: {
          ...{ alert: body, title, priority: 2, alert_type: -1, channel_id: 'alerts', extras },
          ...{ intent: { url: 'intent:#Intent;action=android.intent.action.MAIN;end' } },
          ...{ badge_set_num: 3, badge_class: 'com.example.Main' },
        },
        ios: {
          ...{ alert: { title, body }, badge: 3, sound: 'default', thread_id: thread, extras },
          ...{ interruption_level: 'time-sensitive' },
        },
        hmos: {
          ...{ alert: body, title, category: 'IM', badge_set_num: 3, extras },
          ...{ intent: { url: 'action.system.home' } },
        },
        options: { time_to_live: 3600, apns_production: true, apns_collapse_id: 'm1', classification: 1 },
      }
      const answer = (await runClient('python', 'jpush_client.py', input)) as { first: string; again: string }
      expect(answer).toMatchObject({ ok: true, again: answer.first })
      expect(phone.shown).toHaveLength(1)
      const sent = fake.requests.find(({ path, method }) => method === 'POST' && path === '/v3/push')
      expect(differences(own, JSON.parse(sent?.body ?? ''))).toMatchObject({
        ...{ oursAlone: [], theirsAlone: [], unlike: ['cid'] },
      })
      const unknown = await runClient('python', 'jpush_client.py', {
        ...input,
        registrationId: 'nobody-there',
      })
      expect(unknown).toMatchObject({ ok: false, code: 1011 })
    },
    TIMEOUT_MS,
  )
})

const CID = 'c1'.repeat(16)

describe.skipIf(!isInstalled('java'))('Getui’s SDK for Java', () => {
  it(
    'signs in at the fake and pushes, and Herald sends the same fields',
    async () => {
      const keys = {
        appId: 'AppIdOfGetui',
        appKey: 'app-key-of-getui',
        masterSecret: 'master-secret-of-getui',
      }
      const fake = await startGetuiFake(keys)
      onTestFinished(() => fake.close())
      const phone = fake.phones.add(CID, { platform: 'harmony', online: false })
      const own = getuiBody(
        alert,
        CID,
        {
          ...{ ...keys, url: fake.url, androidPackage: 'com.example.herald', vendorOptions: {} },
          ...{ harmonyCategory: 'IM', perMinute: 0, perDay: 0 },
        },
        alert.expires - HOUR_MS,
      )
      const { title, body, payload } = alert
      const input = { ...keys, url: fake.url, cid: CID, requestId: 'request-0001', title, body, payload }
      expect(await runClient('java', 'Getui.java', input)).toMatchObject({ ok: true, code: 0 })
      expect(phone.shown).toMatchObject([{ title, body, payload }])
      const sent = fake.requests.find(({ path }) => path.endsWith('/push/single/cid'))
      expect(differences(own, JSON.parse(sent?.body ?? ''))).toMatchObject({
        // The older way to name what a notification replaces; the SDK has `notify_id` for it, as Herald has beside.
        oursAlone: ['push_channel.harmony.options.HW["/payload/notification/notifyId"]'],
        theirsAlone: [],
        unlike: [
          // The app's own link, and numbers that the SDK sends as text: the documents say that they are numbers.
          'push_channel.android.ups.notification.intent',
          'push_channel.android.ups.notification.notify_id',
          'push_channel.harmony.notification.notify_id',
          // What uni-push shows by itself is wrapped in its own form.
          'push_message.transmission',
          'request_id',
        ],
      })
      expect(await runClient('java', 'Getui.java', { ...input, cid: 'd'.repeat(32) })).toMatchObject({
        ...{ ok: false, code: 20001 },
      })
    },
    TIMEOUT_MS,
  )
})
