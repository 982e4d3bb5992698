import { randomBytes } from 'node:crypto'
import type { FakePhones } from '../fake-phone'
import type { PlayOptions, RunningFake } from '../fakes'
import { startGetuiFake } from '../getui-fake'
import { startJpushFake } from '../jpush-fake'
import { at } from '../strict-fields'
import { startUnicloudFake } from '../unicloud-fake'
import { registrationOf, tellAnswers, tellShown } from './tell'

const hex = (bytes: number): string => randomBytes(bytes).toString('hex')

/** Runs Getui's REST API, one of the two ways to uni-push. */
export async function playGetui({ port, tell }: PlayOptions): Promise<RunningFake> {
  const keys = { appId: 'fake-getui-app', appKey: hex(11), masterSecret: hex(11) }
  const fake = await startGetuiFake({ ...keys, port, onAnswered: tellAnswers(tell) })
  return {
    url: fake.url,
    variables: {
      HERALD_GETUI_APP_ID: keys.appId,
      HERALD_GETUI_APP_KEY: keys.appKey,
      HERALD_GETUI_MASTER_SECRET: keys.masterSecret,
      HERALD_GETUI_URL: fake.url,
    },
    platform: 'android',
    registration: registrationOf('unipush', keys.appId, addPhone(fake.phones, hex(16), tell)),
    close: () => fake.close(),
  }
}

/** Runs a function in uniCloud, the other way to uni-push. */
export async function playUnicloud({ port, tell }: PlayOptions): Promise<RunningFake> {
  const signKey = hex(16)
  // The function answers 200 whatever it has to say.
  const onAnswered = tellAnswers(tell, ({ body }) => at(body, 'errCode') === 0)
  const fake = await startUnicloudFake({ signKey, port, onAnswered })
  return {
    url: fake.url,
    variables: { HERALD_UNICLOUD_URL: fake.url, HERALD_UNICLOUD_SIGN_KEY: signKey },
    platform: 'android',
    registration: registrationOf('unipush', 'any-app', addPhone(fake.phones, hex(16), tell)),
    close: () => fake.close(),
  }
}

/** Runs JPush. */
export async function playJpush({ port, tell }: PlayOptions): Promise<RunningFake> {
  const keys = { appKey: hex(12), masterSecret: hex(12) }
  const fake = await startJpushFake({ ...keys, port, onAnswered: tellAnswers(tell) })
  return {
    url: fake.url,
    variables: {
      HERALD_JPUSH_APP_KEY: keys.appKey,
      HERALD_JPUSH_MASTER_SECRET: keys.masterSecret,
      HERALD_JPUSH_URL: fake.url,
    },
    platform: 'android',
    registration: registrationOf('jpush', keys.appKey, addPhone(fake.phones, hex(10).slice(1), tell)),
    close: () => fake.close(),
  }
}

function addPhone(phones: FakePhones, token: string, tell: PlayOptions['tell']): string {
  phones.add(token)
  phones.onDelivered(({ what, title, body }) => {
    if (what === 'removed') tell('shows', 'one message less: it was taken back')
    else tellShown(tell, title, body)
  })
  return token
}
