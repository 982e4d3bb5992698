import { describe, expect, it } from 'vitest'
import {
  deliveryReasons,
  DeliveryStateSchema,
  PlatformSchema,
  ProviderNameSchema,
  type Delivery,
} from '@herald/protocol'
import { setLanguage } from '@/locale'
import { pushText } from '@/locale/push'
import en from '@/locale/push/en.json'
import zhHans from '@/locale/push/zh-Hans.json'
import { deliveryLine, stepTime } from '@/pages/message/delivery-words'
import { pushWords } from '@/sdk/settings/push-words'
import type { NoPush } from '@/services/push/push-port'

const keys = Object.keys(en)
const holesOf = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()

/** Each by name, so that a new reason without words does not compile. */
const NO_PUSH: Readonly<Record<NoPush, true>> = {
  service: true,
  permission: true,
  off: true,
  pending: true,
  server: true,
  old_server: true,
  refused: true,
  failed: true,
  no_gateway: true,
  insecure: true,
  home_screen: true,
  browser: true,
  platform: true,
  module: true,
}

describe('the words about pushes and deliveries', () => {
  it('are there for every reason, state, platform and service, and for nothing that does not exist', () => {
    const expected = [
      ...deliveryReasons.map((reason) => `reason.${reason}`),
      ...DeliveryStateSchema.options.map((state) => `state.${state}`),
      ...PlatformSchema.options.map((platform) => `platform.${platform}`),
      ...ProviderNameSchema.options.map((provider) => `provider.${provider}`),
      ...Object.keys(NO_PUSH).map((none) => `push.none.${none}`),
    ]
    const computed = keys.filter((key) => /^(?:reason|state|platform|provider|push\.none)\./.test(key))
    expect(computed.sort()).toEqual(expected.sort())
  })

  it('have the same keys and parameters in both languages, and are never empty', () => {
    expect(Object.keys(zhHans)).toEqual(keys)
    for (const key of keys as (keyof typeof en)[]) {
      expect([key, holesOf(zhHans[key])]).toEqual([key, holesOf(en[key])])
      expect(en[key].trim() !== '' && zhHans[key].trim() !== '').toBe(true)
    }
  })

  it('follow the language of the app', () => {
    setLanguage('zh-Hans')
    expect(pushText('state.acked')).toBe('已送达')
    setLanguage('en')
    expect(pushText('push.on', { service: 'uni-push' })).toBe('Push service: uni-push')
  })
})

describe('a device in the delivery section', () => {
  const delivery: Delivery = {
    user: 'ann',
    device: 'b7Qx1mZk0000ffff',
    platform: 'ios',
    state: 'waiting',
    reason: 'retrying',
    next: 5,
    events: [
      { time: 1, reason: 'awaiting_ack' },
      { time: 2, reason: 'retrying', provider: 'apns', detail: '503 ServiceUnavailable' },
    ],
  }

  it('says where the message stands, why, and what happened on the way', () => {
    expect(deliveryLine(delivery, (ms) => `at ${String(ms)}`)).toEqual({
      key: 'ann/b7Qx1mZk0000ffff',
      device: 'iPhone or iPad',
      who: 'ann · b7Qx1mZk…ffff',
      state: 'Waiting',
      tone: 'busy',
      reason: '',
      next: 'Next step: at 5',
      steps: [
        { time: 'at 1', text: 'Waiting for the app to acknowledge it.', detail: '' },
        {
          time: 'at 2',
          text: 'Apple (APNs): The push service did not accept it. Herald tries again.',
          detail: '“503 ServiceUnavailable”',
        },
      ],
    })
  })

  it('with nothing more to come says nothing of it', () => {
    const line = deliveryLine(
      { ...delivery, state: 'dead', reason: 'refused', next: null, events: [] },
      String,
    )
    expect(line).toMatchObject({
      ...{ state: 'Push failed', tone: 'bad', next: '', steps: [] },
      reason: 'The push service refused the push.',
    })
  })

  it('tells times to the second, and the date of other days', () => {
    const now = new Date(2026, 0, 2, 12).getTime()
    expect(stepTime(new Date(2026, 0, 2, 9, 5, 7).getTime(), now, () => 'full')).toBe('09:05:07')
    expect(stepTime(new Date(2026, 0, 1, 9, 5, 7).getTime(), now, () => 'full')).toBe('full')
  })
})

describe('the settings page', () => {
  it('names the service that rings, or says why none does', () => {
    expect(pushWords({ provider: 'webpush' })).toEqual({ key: 'push.on', service: 'provider.webpush' })
    expect(pushWords({ none: 'insecure' })).toEqual({ key: 'push.none.insecure', service: null })
    expect(pushWords(null)).toEqual({ key: 'push.unknown', service: null })
  })
})
