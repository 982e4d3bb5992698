import { describe, expect, it } from 'vitest'
import type { Phone } from 'uni-app-emulator'
import type { GatewayProcess } from './gateway-process'
import { banner, onPage, openPhoneStage, PLATFORMS, waitForBadge } from './phone-stage'
import { until } from './until'

const stage = openPhoneStage()

/** The gateway's default heartbeat and the app's deadline for its answer, in ms. */
const HEARTBEAT_MS = 25_000
const PONG_MS = 10_000

/** Within this a page looks at the clock again. */
const PAGE_STEP_MS = 6_000

const DAY_MS = 86_400_000

/** One socket, on both ends, and never a second one beside it. */
async function expectOneSocket(gateway: GatewayProcess, phone: Phone): Promise<void> {
  await until(async () => (await gateway.connections()) === 1, 'the gateway has one socket')
  await until(() => phone.sockets.live === 1, 'the phone has one socket')
  expect(phone.sockets.most).toBe(1)
}

async function publishAndSee(gateway: GatewayProcess, phone: Phone, title: string): Promise<void> {
  await gateway.publish('user:me', { title, body: 'x' })
  await onPage(phone, title).first().waitFor()
}

describe.each(PLATFORMS)('the connection of the App on %s', (platform) => {
  it('comes back after airplane mode while one looks, with one socket', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })

    for (const title of ['In the first tunnel', 'In the second tunnel']) {
      phone.airplaneMode(true)
      await phone.page.see(/Offline/)
      await gateway.publish('user:me', { title, body: 'x' })
      // Some dials that cannot work.
      await phone.passTime(5_000)
      phone.airplaneMode(false)
      await onPage(phone, title).first().waitFor()
      await expectOneSocket(gateway, phone)
    }

    await publishAndSee(gateway, phone, 'After it')
    await waitForBadge(phone, 3)
    expect(await onPage(phone, 'In the first tunnel').count()).toBe(1)
  })

  it('notices by its heartbeat that the network swallows all, and comes back once, with nothing lost or doubled', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await publishAndSee(gateway, phone, 'Before')
    const dials = phone.sockets.dials.length

    phone.stallNetwork(true)
    await gateway.publish('user:me', { title: 'Swallowed', body: 'x' })
    await phone.passTime(HEARTBEAT_MS + 1_000)
    expect(phone.sockets.dials).toHaveLength(dials)
    await phone.passTime(PONG_MS)
    await until(() => phone.sockets.dials.length > dials, 'it dials again')
    expect(await onPage(phone, 'Swallowed').count()).toBe(0)
    phone.stallNetwork(false)

    await onPage(phone, 'Swallowed').first().waitFor()
    await banner(phone).getByText('Swallowed').waitFor()
    await expectOneSocket(gateway, phone)
    // What the old socket still has to say must not bring another dial.
    const settled = phone.sockets.dials.length
    await phone.passTime(HEARTBEAT_MS - 1_000)
    await publishAndSee(gateway, phone, 'After it')
    await expectOneSocket(gateway, phone)
    expect(phone.sockets.dials).toHaveLength(settled)
    await waitForBadge(phone, 3)
    expect(await onPage(phone, 'Swallowed').count()).toBe(1)
    expect(phone.drawn.filter((text) => text === 'Swallowed')).toHaveLength(1)
  })

  it('shows its list before there is a gateway, when it was killed and starts again', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    for (const title of ['Kept one', 'Kept two']) await publishAndSee(gateway, phone, title)
    await waitForBadge(phone, 2)

    await phone.kill()
    await gateway.stop()
    await phone.relaunch()

    await onPage(phone, 'Kept one').first().waitFor()
    await onPage(phone, 'Kept two').first().waitFor()
    await phone.page.see(/Cannot reach the server/)
    await gateway.start()
    await gateway.publish('user:me', { title: 'From the new gateway', body: 'x' })
    await until(async () => {
      // In steps: what is on the network takes its real time.
      await phone.passTime(1_000)
      return (await onPage(phone, 'From the new gateway').count()) > 0
    }, 'it dials again')
    await expectOneSocket(gateway, phone)
    expect(await onPage(phone, 'Kept one').count()).toBe(1)
  })

  it('stays when the clock is set a day forward and two days back, and shows times by the clock', async () => {
    const gateway = await stage.gateway()
    const phone = await stage.signIn(gateway, { platform })
    await publishAndSee(gateway, phone, 'On time')
    await phone.page.see('Today')

    phone.clock.shift(DAY_MS)
    await publishAndSee(gateway, phone, 'A day ahead')
    await phone.passTime(HEARTBEAT_MS + 500)
    await publishAndSee(gateway, phone, 'Still there')
    await phone.passTime(PAGE_STEP_MS)
    await phone.page.see('Yesterday')
    await expectOneSocket(gateway, phone)

    phone.clock.shift(-2 * DAY_MS)
    await publishAndSee(gateway, phone, 'A day behind')
    await phone.passTime(HEARTBEAT_MS + 500)
    await publishAndSee(gateway, phone, 'The last one')
    await phone.passTime(PAGE_STEP_MS)
    await phone.page.seeNot('Yesterday')
    await expectOneSocket(gateway, phone)

    await waitForBadge(phone, 5)
    for (const title of ['On time', 'A day ahead', 'Still there', 'A day behind', 'The last one'])
      expect(await onPage(phone, title).count()).toBe(1)
    const titles = phone.drawn.filter((text) => text === 'A day behind' || text === 'Still there')
    expect(titles).toHaveLength(2)
  })
})
