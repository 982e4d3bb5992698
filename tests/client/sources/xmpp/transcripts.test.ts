import type { Message } from '@herald/protocol'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NS } from '@/services/sources/xmpp/namespaces'
import { FakeClock, settle } from '../../fake-clock'
import { ModelChatDevice } from './model-chat-device'
import { ANN, ModelChatServer } from './model-chat-server'

const DEVICES = ['phone', 'tablet'] as const

/** What people, networks, systems and servers do. `steps` frames move after it. */
const anyHappening = fc.record({
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('bob says', 'says', 'reads') },
    { weight: 4, arbitrary: fc.constantFrom('is cut', 'is restarted', 'sleeps', 'wakes') },
    { weight: 1, arbitrary: fc.constantFrom('sessions end', 'the server restarts', 'bob gets', 'bob reads') },
  ),
  device: fc.constantFrom(0, 1),
  steps: fc.nat(30),
  seconds: fc.constantFrom(0, 0, 1, 2, 20),
})
type Happening = typeof anyHappening extends fc.Arbitrary<infer Value> ? Value : never

const anyRun = fc.record({
  happenings: fc.array(anyHappening, { minLength: 5, maxLength: 40 }),
  chance: fc.nat(),
  keepsOffline: fc.boolean(),
})

/** No run takes more steps to come to rest. */
const MAX_STEPS = 20_000

class Stage {
  readonly clock = new FakeClock()
  readonly server: ModelChatServer
  readonly devices: readonly ModelChatDevice[]
  readonly said: string[] = []
  readonly written: string[] = []

  constructor(random: () => number, keepsOffline: boolean, names: readonly string[] = DEVICES) {
    this.server = new ModelChatServer({ random, now: () => this.clock.now(), keepsOffline })
    this.devices = names.map((name) => new ModelChatDevice(name, this.server, this.clock, random))
  }

  async happen({ what, device: at, steps, seconds }: Happening): Promise<void> {
    const device = this.devices[at]
    if (!device) return
    const word = `word ${String(this.said.length + this.written.length)}`
    if (what === 'bob says') {
      this.server.say(word)
      this.said.push(word)
    } else if (what === 'says') {
      device.say(word)
      this.written.push(word)
    } else if (what === 'reads') await device.readAll()
    else if (what === 'is cut') this.server.cut(device.name)
    else if (what === 'is restarted') await device.start()
    else if (what === 'sleeps') device.source.suspend()
    else if (what === 'wakes') device.source.setAppState('foreground')
    else if (what === 'sessions end') this.server.expire()
    else if (what === 'the server restarts') this.server.restart()
    else this.server.markAll(what === 'bob gets' ? 'received' : 'displayed')
    await this.move(steps)
    this.clock.advance(seconds * 1_000)
    await settle()
  }

  /** As much as a lost network needs to be there again, and no question to be given up. */
  async comeBack(): Promise<void> {
    for (let turn = 0; turn < 5; turn += 1) {
      this.clock.advance(1_000)
      await settle()
      await this.move(MAX_STEPS)
    }
  }

  async move(steps: number): Promise<void> {
    for (let count = 0; count < steps && this.server.step(); count += 1) await settle()
  }

  /** All that is on its way arrives, and what waits for a time has it. */
  async rest(): Promise<void> {
    for (const device of this.devices) device.source.setAppState('foreground')
    for (let turn = 0; turn < 12; turn += 1) {
      await this.move(MAX_STEPS)
      this.clock.advance(10_000)
      await settle()
    }
  }
}

/** Chances that are the same each time (mulberry32). */
function chancesOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

type Run = typeof anyRun extends fc.Arbitrary<infer Value> ? Value : never

async function run({ happenings, chance, keepsOffline }: Run): Promise<void> {
  const stage = new Stage(chancesOf(chance), keepsOffline)
  for (const device of stage.devices) await device.start()
  await stage.rest()
  for (const happening of happenings) await stage.happen(happening)
  await stage.rest()
  const { server, devices, said, written } = stage
  // Nothing is sent twice, and nothing is lost.
  expect(server.got.map(({ body }) => body).sort()).toEqual([...written].sort())
  const all = [...said.map((word) => `< ${word}`), ...written.map((word) => `> ${word}`)].sort()
  const [phone, tablet] = devices
  for (const device of devices) {
    expect([...device.talk].sort()).toEqual(all)
    expect(new Set(device.alerted).size).toBe(device.alerted.length)
    expect(device.alerted.filter((word) => !said.includes(word))).toEqual([])
  }
  expect(phone?.unread).toEqual(tablet?.unread)
  expect(phone?.states).toEqual(tablet?.states)
  // Nothing is read unless somebody has read or answered.
  if (!happenings.some(({ what }) => what === 'reads' || what === 'says'))
    expect(phone?.unread).toEqual([...said].sort())
}

/** The same, but nobody reads and nobody answers. */
const anyUnreadRun = anyRun.map(({ happenings, ...others }) => ({
  ...others,
  happenings: happenings.map((one) =>
    one.what === 'reads' || one.what === 'says' ? { ...one, what: 'bob says' as const } : one,
  ),
}))

/** What has found something before: the seed, and which of its runs it was. */
const FOUND = [
  ...['13/13', '739201251/16', '1066/19', '1085/13', '1087/12', '1092/11'],
  ...['1149/1', '1245/16', '1258/10', '400107/5', '52000028/9'],
]

it.each(FOUND)(
  'two devices of an account hold the same after what went wrong before: run %s',
  async (found) => {
    const [seed, path = ''] = found.split('/')
    await fc.assert(fc.asyncProperty(anyRun, run), { seed: Number(seed), path, numRuns: 1 })
  },
)

/** Drawn anew each time. `HERALD_CHAT_SEED` says where they begin, and `HERALD_CHAT_SEEDS` how many there are. */
const FIRST = Number(process.env['HERALD_CHAT_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const COUNT = Number(process.env['HERALD_CHAT_SEEDS'] ?? 5)
process.stdout.write(`new seeds of two devices in a chat: HERALD_CHAT_SEED=${String(FIRST)}\n`)

it.each(Array.from({ length: COUNT }, (_, at) => FIRST + at))(
  'two devices of an account hold the same after anything that happens: seed %i',
  async (seed) => {
    await fc.assert(fc.asyncProperty(anyRun, run), { seed, numRuns: 20 })
    await fc.assert(fc.asyncProperty(anyUnreadRun, run), { seed, numRuns: 5 })
  },
)

it('asks once for what was read elsewhere, however often it was cut while the archive did not answer', async () => {
  const stage = new Stage(chancesOf(1), true, ['phone'])
  const [phone] = stage.devices
  await phone?.start()
  await stage.rest()
  stage.server.isSlow = true
  stage.server.restart()
  for (let cuts = 0; cuts < 4; cuts += 1) {
    await stage.rest()
    stage.server.cut('phone')
  }
  stage.server.nodesAsked.length = 0
  stage.server.isSlow = false
  await stage.rest()
  expect(stage.server.nodesAsked.filter((node) => node === NS.displayedMarkers)).toHaveLength(1)
})

it('counts what comes late as read before what was read, and alerts of it all the same', async () => {
  const stage = new Stage(chancesOf(1), false)
  for (const device of stage.devices) await device.start()
  await stage.rest()
  for (const device of stage.devices) stage.server.cut(device.name)
  stage.server.isSlow = true
  stage.server.restart()
  stage.server.say('first')
  await stage.rest()
  stage.server.say('second')
  await stage.rest()
  const [phone, tablet] = stage.devices
  expect(phone?.talk).toEqual(['< second'])
  await phone?.readAll()
  await stage.rest()
  expect(tablet?.unread).toEqual(['second'])
  stage.server.isSlow = false
  await stage.rest()
  for (const device of stage.devices) {
    expect(device.talk).toEqual(['< second', '< first'])
    expect(device.unread).toEqual([])
    expect(device.alerted).toEqual(['second', 'first'])
  }
})

it.each(['knows the account', 'is new'])(
  'has the archive’s order on a device that %s, where one word waited as news and the next as kept for it',
  async (device) => {
    const stage = new Stage(chancesOf(1), false, ['phone'])
    const [phone] = stage.devices
    const isNew = device === 'is new'
    stage.server.isSlow = isNew
    if (isNew) stage.server.say('before')
    await phone?.start()
    if (isNew) await stage.comeBack()
    else await stage.rest()
    stage.server.isSlow = true
    if (!isNew) stage.server.restart()
    await stage.comeBack()
    stage.server.say('first')
    await stage.move(MAX_STEPS)
    stage.server.cut('phone')
    stage.server.say('second')
    await stage.comeBack()
    expect(phone?.talk).toEqual([])
    stage.server.answerLate()
    await stage.move(MAX_STEPS)
    expect(phone?.talk).toEqual([...(isNew ? ['< before'] : []), '< first', '< second'])
    expect([phone?.unread, phone?.alerted]).toEqual([
      ['first', 'second'],
      ['first', 'second'],
    ])
  },
)

it('says of words to somebody in a room that they have failed, also when the room does not say that it is one', async () => {
  const stage = new Stage(chancesOf(1), true, ['phone'])
  const [phone] = stage.devices
  await phone?.start()
  await stage.rest()
  const occupant = 'room@rooms.example/Bob'
  const head = `xmlns="${NS.client}" from="${occupant}" to="${ANN}/phone"`
  stage.server.bring(
    `<message ${head} type="chat" id="his"><body>psst</body><x xmlns="${NS.roomUsers}"/></message>`,
  )
  await stage.rest()
  const [row] = phone?.rows ?? []
  phone?.source.say(row?.feed ?? '', 'what?')
  await stage.rest()
  const said = (): Message | undefined => phone?.rows.find(({ body }) => body === 'what?')
  const error = `<error type="cancel"><item-not-found xmlns="${NS.stanzaErrors}"/></error>`
  stage.server.bring(
    `<message ${head} type="error" id="${String(said()?.data?.['stanza'])}">${error}</message>`,
  )
  await stage.rest()
  expect([said()?.feed, said()?.data?.['failed']]).toEqual([row?.feed, true])
})

it('is marked as delivered when the other one has it before the server’s word that it took it', async () => {
  const stage = new Stage(chancesOf(1), true)
  for (const device of stage.devices) await device.start()
  await stage.rest()
  stage.devices[0]?.say('word')
  for (let steps = 0; stage.server.got.length === 0 && steps < 200; steps += 1) await stage.move(1)
  stage.server.markAll('received')
  await stage.rest()
  expect(stage.devices.map(({ states }) => states)).toEqual(DEVICES.map(() => ({ word: 'delivered' })))
})

it('says of no word that it was read when the word before it was, whichever the device heard of first', async () => {
  const chances = chancesOf(1)
  let chance: number | null = null
  const stage = new Stage(() => chance ?? chances(), true)
  for (const device of stage.devices) await device.start()
  await stage.rest()
  const [phone, tablet] = stage.devices
  tablet?.say('first')
  phone?.say('second')
  // What the tablet sends is taken, and then what the phone does, which does not hear of it.
  chance = 0
  await stage.move(1)
  stage.server.markAll('displayed')
  chance = 0.99
  await stage.move(1)
  expect(stage.server.got.map(({ body }) => body)).toEqual(['first', 'second'])
  stage.server.cut('phone')
  chance = null
  await stage.rest()
  for (const { states } of stage.devices) expect(states).toEqual({ first: 'displayed', second: 'sent' })
})
