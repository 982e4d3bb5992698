import { NudgePushSchema, parsePushPayload, type NudgePush, type PushPayload } from '@herald/protocol'
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import type { LaunchOptions, Phone, ProviderPush } from 'uni-app-emulator'
import { startApnsFake, type ApnsPush } from '@herald/push-fakes/apns-fake'
import type { Delivered, FakePhones } from '@herald/push-fakes/fake-phone'
import { startGetuiFake } from '@herald/push-fakes/getui-fake'
import { startUnicloudFake } from '@herald/push-fakes/unicloud-fake'

const BUNDLE_ID = 'com.example.herald'
const DEVICE_TOKEN = 'ab'.repeat(32)
const CLIENT_ID = 'c'.repeat(32)
const [TEAM_ID, KEY_ID] = ['TEAM123456', 'KEY1234567']
/** What the emulated phones say that Getui calls the app. */
const GETUI_APP = 'emulated'

/** A push service between a gateway and an emulated phone: what the fake lets through reaches the phone. */
export interface PhonePushes {
  /** For the gateway. */
  readonly env: Record<string, string>
  /** For the phone. */
  readonly identity: LaunchOptions['pushIdentity']
  /** What came to the phone, in order. */
  readonly arrived: (ProviderPush & { readonly read: PushPayload | NudgePush })[]
  /** Its SDK shows nothing by itself while the app runs. */
  leavesItToTheApp: boolean
  connect(phone: Phone): void
  close(): Promise<void>
}

export type PhoneService = 'apns' | 'unicloud' | 'getui'

/** Starts a push service. @param folder for its keys. */
export async function startPhonePushes(service: PhoneService, folder: string): Promise<PhonePushes> {
  let phone: Phone | undefined
  const pushes = { arrived: [] as PhonePushes['arrived'], leavesItToTheApp: false }
  const bring = (push: ProviderPush): void => {
    pushes.arrived.push({ ...push, read: readPayload(push.payload) })
    const isForced = push.forced === true && !pushes.leavesItToTheApp
    phone?.push({ ...push, forced: isForced })
  }
  const started = await { apns: startApns, unicloud: startUnicloud, getui: startGetui }[service](
    bring,
    folder,
  )
  return Object.assign(pushes, started, {
    connect: (connected: Phone) => {
      phone = connected
    },
  })
}

/** Throws for what is no payload of ours. */
function readPayload(payload: unknown): PushPayload | NudgePush {
  return (
    parsePushPayload(payload) ??
    v.parse(NudgePushSchema, typeof payload === 'string' ? JSON.parse(payload) : payload)
  )
}

type Started = Pick<PhonePushes, 'env' | 'identity' | 'close'>
type Bring = (push: ProviderPush) => void

async function startApns(bring: Bring, folder: string): Promise<Started> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const fake = await startApnsFake({
    keys: [
      {
        teamId: TEAM_ID,
        keyId: KEY_ID,
        publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      },
    ],
    devices: [{ token: DEVICE_TOKEN, environment: 'production', topic: BUNDLE_ID }],
    onShown: (push) => {
      bring(fromApns(push))
    },
  })
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }
  return {
    env: {
      HERALD_APNS_KEY_FILE: file('key.p8', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      HERALD_APNS_KEY_ID: KEY_ID,
      HERALD_APNS_TEAM_ID: TEAM_ID,
      HERALD_APNS_BUNDLE_ID: BUNDLE_ID,
      HERALD_APNS_URL: fake.url,
      HERALD_APNS_CA_FILE: file('ca.pem', fake.ca),
    },
    identity: { token: DEVICE_TOKEN, bundleId: BUNDLE_ID },
    close: () => fake.close(),
  }
}

function fromApns({ payload }: ApnsPush): ProviderPush {
  const { alert, badge } = payload.aps as { alert?: { title: string; body: string }; badge?: number }
  return {
    payload: payload.payload,
    ...(alert && { title: alert.title, content: alert.body }),
    ...(badge !== undefined && { badge }),
  }
}

async function startUnicloud(bring: Bring): Promise<Started> {
  const signKey = 'sign-key-of-the-tests'
  const fake = await startUnicloudFake({ signKey })
  connectAndroid(fake.phones, bring)
  return {
    env: { HERALD_UNICLOUD_URL: fake.url, HERALD_UNICLOUD_SIGN_KEY: signKey },
    identity: { clientid: CLIENT_ID },
    close: () => fake.close(),
  }
}

async function startGetui(bring: Bring): Promise<Started> {
  const [appKey, masterSecret] = ['key', 'secret']
  const fake = await startGetuiFake({ appId: GETUI_APP, appKey, masterSecret })
  connectAndroid(fake.phones, bring)
  return {
    env: {
      HERALD_GETUI_APP_ID: GETUI_APP,
      HERALD_GETUI_APP_KEY: appKey,
      HERALD_GETUI_MASTER_SECRET: masterSecret,
      HERALD_GETUI_URL: fake.url,
    },
    identity: { clientid: CLIENT_ID },
    close: () => fake.close(),
  }
}

/** An Android phone whose SDK is connected, also while the app's JavaScript is not there. */
function connectAndroid(phones: FakePhones, bring: Bring): void {
  phones.add(CLIENT_ID, { platform: 'android' })
  phones.onDelivered(({ what, title, body, payload, badge }: Delivered) => {
    if (what === 'removed') throw new Error('no phone maker of these takes a push back')
    bring({
      payload,
      ...(what === 'shown' && { title, content: body, forced: true }),
      ...(badge !== undefined && { badge }),
    })
  })
}
