import type { ChatServer } from '@herald/engines/chat-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Phone } from 'uni-app-emulator'
import { chatServerFile, connected } from '../tests/xmpp/stage'
import { CHAT_SERVERS, ChatCast, textOf } from './chat-cast'
import { startPhonePushes, type PhoneService } from './phone-pushes'
import { banner, count, hide, onPage, openPhoneStage, waitForTray } from './phone-stage'
import { until } from './until'

const stage = openPhoneStage()

const STATES = ['active', 'behind', 'frozen', 'again', 'cut-off', 'killed', 'elsewhere', 'last'] as const

/** Longer than a banner is shown. */
const BANNER_MS = 10_000

type Kind = readonly ['ios' | 'android', PhoneService]

const KINDS: readonly Kind[] = [
  ['android', 'unicloud'],
  ['ios', 'apns'],
]

/** By itself one server with one platform, for the time that the others take: HERALD_CHAT_STATES=all has them all. */
const ALL = process.env['HERALD_CHAT_STATES'] === 'all'

const [NOTHING, BY_BANNER, BY_ITSELF, BY_PUSH] = [
  { banners: 0, notices: 0, pushes: 0 },
  { banners: 1, notices: 0, pushes: 0 },
  { banners: 0, notices: 1, pushes: 0 },
  { banners: 0, notices: 1, pushes: 1 },
]

/** Signs in to the chat server on the page of chats, and waits until pushes are enabled there. */
async function signInToChat(phone: Phone, data: string, { ann, server }: ChatCast): Promise<void> {
  await phone.tap('Settings')
  await phone.tap('Chats')
  await phone.page.see('Chat address')
  await phone.page.fill(0, ann.jid)
  await phone.page.fill(1, ann.password)
  await phone.page.fill(2, server.websocketUrl)
  await phone.tap('Sign in')
  await phone.page.see('Connected')
  const enabled = `items WHERE value LIKE '%"pushes%:true%'`
  await until(() => count(data, 'plus-storage.db', enabled) === 1, 'pushes are enabled')
  phone.back()
  await phone.page.see(/^Push service: /)
  await phone.tap('Inbox')
}

describe.each(ALL ? CHAT_SERVERS : CHAT_SERVERS.slice(0, 1))('a chat account on %s', (_, start) => {
  let server: ChatServer

  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.dispose())

  it.each(ALL ? KINDS : KINDS.slice(0, 1))(
    'rings the App on %s with %s once in each of its states, and only for messages',
    async (...kind) => {
      const [platform, service] = kind
      const cast = await ChatCast.gather(server.address, STATES)
      stage.after(() => {
        cast.leave()
      })
      const pushes = await startPhonePushes(service, stage.folder())
      stage.after(() => pushes.close())
      const env = { ...pushes.env, HERALD_XMPP_FILE: chatServerFile(server.address) }
      const gateway = await stage.gateway(env)
      await connected(gateway)
      const data = stage.folder()
      const phone = await stage.signIn(gateway, { platform, pushIdentity: pushes.identity, data })
      pushes.connect(phone)
      await signInToChat(phone, data, cast)
      const isListed = async (state: string): Promise<void> => {
        await until(() => count(data, 'herald.db', `rows WHERE json LIKE '%${textOf(state)}%'`) === 1, state)
        // Its server hears that it has it: it would be told once more to whoever is killed before.
        await onPage(phone, textOf(state)).first().waitFor()
        await phone.passTime(BANNER_MS)
      }
      const texts = (all: readonly { title?: string; content?: string }[]): string[] =>
        all.map(({ title = '', content = '' }) => `${title} ${content}`)
      const tally = () =>
        cast.tally((name) => ({
          banners: phone.drawn.filter((text) => text.startsWith(name)).length,
          notices: texts(phone.notificationLog).filter((text) => text.includes(name)).length,
          pushes: texts(pushes.arrived).filter((text) => text.includes(name)).length,
        }))

      await banner(phone)
        .getByText(await cast.write('active'))
        .waitFor()
      await phone.passTime(BANNER_MS)
      await banner(phone).waitFor({ state: 'detached' })

      await hide(phone)
      await waitForTray(phone, await cast.write('behind'))
      expect(pushes.arrived).toEqual([])

      phone.freeze()
      expect(phone.sockets.live).toBe(2)
      await waitForTray(phone, await cast.write('frozen'))
      const { frozen } = tally()
      phone.foreground()
      await isListed('frozen')
      await hide(phone)
      await waitForTray(phone, await cast.write('again'))

      phone.freeze()
      phone.switchNetwork('4g')
      await waitForTray(phone, await cast.write('cut-off'))
      phone.foreground()
      await isListed('cut-off')

      await phone.kill()
      await waitForTray(phone, await cast.write('killed'))
      await phone.relaunch()
      await isListed('killed')

      await phone.kill()
      await cast.writeAtDesk()
      await waitForTray(phone, await cast.write('elsewhere'))
      await phone.relaunch()
      await isListed('elsewhere')
      await cast.writeAtDesk()
      await banner(phone)
        .getByText(await cast.write('last'))
        .waitFor()

      expect(frozen).toEqual(BY_PUSH)
      expect({ ...tally(), frozen }).toEqual({
        active: BY_BANNER,
        behind: BY_ITSELF,
        // Back, the app itself says it once more: a nudge names no message.
        frozen,
        again: BY_ITSELF,
        'cut-off': BY_PUSH,
        killed: BY_PUSH,
        elsewhere: BY_PUSH,
        last: BY_BANNER,
        mute: NOTHING,
        ann: NOTHING,
      })
    },
  )
})
