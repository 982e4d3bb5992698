import { describe, expect, it } from 'vitest'
import type { Phone } from 'uni-app-emulator'
import { fates, readElsewhere, waitForAck, waitForAckedLate, waitForNobody, waitForPush } from './fates'
import type { GatewayProcess } from './gateway-process'
import { startPhonePushes, type PhonePushes, type PhoneService } from './phone-pushes'
import { banner, hide, onPage, openPhoneStage, waitForBadge, waitForTray } from './phone-stage'
import { until } from './until'

const stage = openPhoneStage()

/** A running app acks well within them, and what it does not ack is soon pushed. */
const SOON = { HERALD_DEADLINE_FOREGROUND_MS: '1500', HERALD_DEADLINE_BACKGROUND_MS: '1500' }

/** Longer than a banner is shown. */
const BANNER_MS = 10_000

type Kind = readonly ['ios' | 'android', PhoneService]

/** A phone that is signed in, and registered at a push service that is there. */
async function registered([platform, service]: Kind) {
  const pushes = await startPhonePushes(service, stage.folder())
  stage.after(() => pushes.close())
  const gateway = await stage.gateway({ ...SOON, ...pushes.env })
  const phone = await stage.signIn(gateway, { platform, pushIdentity: pushes.identity })
  pushes.connect(phone)
  await waitForRegistration(phone)
  return { gateway, phone, pushes }
}

async function waitForRegistration(phone: Phone): Promise<void> {
  await phone.tap('Settings')
  await phone.page.see(/^Push service: /)
  await phone.tap('Inbox')
}

async function publish(gateway: GatewayProcess, title: string, user = 'me') {
  const { body } = await gateway.publish(`user:${user}`, { title, body: `${title}: the words` })
  return { id: String(body.id), seq: Number(body.seq) }
}

const alerts = ({ arrived }: PhonePushes) => arrived.filter(({ read }) => read.type !== 'clear')

/** How often a notification with these words was raised, by whomever. */
const raised = (phone: Phone, words: string): number =>
  phone.notificationLog.filter(({ title, content }) => `${title} ${content}`.includes(words)).length

const drawn = (phone: Phone, title: string): number => phone.drawn.filter((text) => text === title).length

const inTray = (phone: Phone, words: string): boolean =>
  phone.notifications().some(({ title, content }) => `${title} ${content}`.includes(words))

describe('the App on Android without a push service', () => {
  it('says in its settings when nothing alerts, and what to do', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform: 'android', clientInfo: 'no platform' })
    await phone.tap('Settings')
    await phone.page.see(/^No push: this package has no push service\..*uni-push or JPush\.$/)
  })
})

describe.each<Kind>([
  ['ios', 'apns'],
  ['android', 'unicloud'],
])('the App on %s with %s', (...kind) => {
  it('is rung once in each of its states, and by a push only where it does not answer', async () => {
    const { gateway, phone, pushes } = await registered(kind)

    const seen = await publish(gateway, 'Looked at')
    await banner(phone).getByText('Looked at', { exact: true }).waitFor()
    await waitForAck(gateway, seen.id)
    await phone.passTime(BANNER_MS)
    await banner(phone).waitFor({ state: 'detached' })

    await hide(phone)
    const behind = await publish(gateway, 'Behind')
    await waitForTray(phone, 'Behind')
    await waitForAck(gateway, behind.id)
    expect(pushes.arrived).toEqual([])
    expect(phone.notificationLog).toHaveLength(1)

    phone.freeze()
    const frozen = await publish(gateway, 'While frozen')
    await waitForTray(phone, 'While frozen')
    await waitForPush(gateway, frozen.id)
    expect(await gateway.connections()).toBe(1)
    expect(alerts(pushes)).toMatchObject([{ read: { type: 'message', id: frozen.id } }])
    phone.thaw()
    await waitForAckedLate(gateway, frozen.id)
    await publish(gateway, 'After the thaw')
    await waitForTray(phone, 'After the thaw')
    expect(raised(phone, 'While frozen')).toBe(1)

    await phone.kill()
    await waitForNobody(gateway)
    const gone = await publish(gateway, 'Gone')
    await waitForTray(phone, 'Gone')
    expect(alerts(pushes)).toMatchObject([{}, { read: { type: 'message', id: gone.id } }])
    await phone.tapNotification()
    await phone.page.see('Gone: the words')
    await phone.page.see('Copy text')
    await waitForAckedLate(gateway, gone.id)
    await waitForBadge(phone, 4)
    phone.back()
    await phone.page.see('All feeds')
    await phone.relaunch()
    await phone.page.see('All feeds')
    expect(await onPage(phone, 'Copy text').count()).toBe(0)
    expect(raised(phone, 'Gone')).toBe(1)
    expect(drawn(phone, 'Gone') + drawn(phone, 'While frozen')).toBe(0)
  })
})

describe.each<Kind>([
  ['ios', 'apns'],
  ['android', 'unicloud'],
  ['android', 'getui'],
])('the App on %s with %s, half-open', (...kind) => {
  it('shows a message once, whichever of push and socket is first', async () => {
    const { gateway, phone, pushes } = await registered(kind)
    pushes.leavesItToTheApp = true
    phone.stallNetwork(true)
    const first = await publish(gateway, 'By the push')
    await banner(phone).getByText('By the push', { exact: true }).waitFor()
    expect(await onPage(phone, 'By the push').count()).toBe(0)
    phone.stallNetwork(false)
    await onPage(phone, 'By the push').first().waitFor()
    await waitForAckedLate(gateway, first.id)

    const second = await publish(gateway, 'By the socket')
    await onPage(phone, 'By the socket').first().waitFor()
    await waitForAck(gateway, second.id)
    const [pushed] = alerts(pushes)
    const payload = { ...pushed?.read, ...second, title: 'By the socket' }
    for (const form of [payload, JSON.stringify(payload)])
      phone.push({ title: 'By the socket', content: 'words', payload: form })
    await publish(gateway, 'Last')
    await phone.passTime(2 * BANNER_MS)
    await until(() => drawn(phone, 'Last') === 1, 'the last one')
    expect([drawn(phone, 'By the push'), drawn(phone, 'By the socket')]).toEqual([1, 1])
    expect(phone.notificationLog).toEqual([])
    expect(alerts(pushes)).toHaveLength(1)
  })

  it('loses from the tray what was read elsewhere, and sets the badge', async () => {
    const { gateway, phone, pushes } = await registered(kind)
    await hide(phone)
    phone.stallNetwork(true)
    const told = await publish(gateway, 'Read elsewhere')
    await waitForTray(phone, 'Read elsewhere')
    await waitForPush(gateway, told.id)
    await readElsewhere(gateway, told.seq)
    await until(() => pushes.arrived.at(-1)?.read.type === 'clear', 'the clear has come')
    await until(() => !inTray(phone, 'Read elsewhere'), 'it is taken away')
    expect(pushes.arrived.at(-1)?.read).toMatchObject({ type: 'clear', ids: [told.id], badge: 0 })
    expect(phone.badge()).toBe(0)
  })
})

describe.each<Kind>([
  ['ios', 'apns'],
  ['android', 'unicloud'],
])('the App on %s with %s, signed out', (...kind) => {
  it('is not rung any more, and drops for the next user what was meant for the one before', async () => {
    const { gateway, phone, pushes } = await registered(kind)
    await hide(phone)
    phone.freeze()
    const mine = await publish(gateway, 'Mine')
    await waitForTray(phone, 'Mine')
    await waitForPush(gateway, mine.id)
    const late = pushes.arrived.at(-1)
    phone.foreground()
    await phone.tap('Settings')
    await phone.tap('Sign out')
    await phone.page.see('Sign out?')
    await phone.page.window.locator('.dialog button').last().tap()
    await phone.page.see('Paste your token')
    await until(() => phone.notifications().length === 0, 'the tray is empty')
    const unheard = await publish(gateway, 'For nobody here')
    await until(async () => (await fates(gateway, unheard.id)).length === 0, 'no device is left')

    await gateway.request('POST', '/v1/users', { body: { id: 'you' } })
    await stage.fillIn(gateway, phone, 'you')
    await waitForRegistration(phone)
    phone.push({ title: 'Mine', content: 'secret', payload: late?.payload })
    await publish(gateway, 'Yours', 'you')
    await banner(phone).getByText('Yours', { exact: true }).waitFor()
    expect([drawn(phone, 'Mine'), raised(phone, 'Mine')]).toEqual([0, 1])
    await phone.kill()
    await waitForNobody(gateway)
    const yours = await publish(gateway, 'Yours too', 'you')
    await waitForTray(phone, 'Yours too')
    expect(alerts(pushes)).toHaveLength(2)
    expect(alerts(pushes)[1]?.read).toMatchObject({ id: yours.id })
    expect(alerts(pushes)[1]?.read.to).not.toBe(late?.read.to)
    await phone.relaunch({ click: late?.payload })
    await phone.page.see('All feeds')
    expect(await onPage(phone, 'Copy text').count()).toBe(0)
  })
})
