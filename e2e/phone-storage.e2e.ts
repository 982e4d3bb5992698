import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message } from '@herald/protocol'
import { banner, onPage, openPhoneStage, PLATFORMS, select, waitForBadge } from './phone-stage'
import { until } from './until'

const stage = openPhoneStage()

/** As many as the gateway sends of a feed at once, and the list keeps. */
const MESSAGES = 90

/** How long the app waits before it tries a full storage again, in ms. */
const STORAGE_RETRY_MS = 5_000

/** Every character that JSON can carry, and what breaks statements, literals and bridges that are put together as text. */
const hardText = fc.oneof(
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.constantFrom(
          ...["'", "''", '"', '\\', '\\u0027', ';', '--', '/*', '%', '_', '?', ':a', '\0', '\n', '\r\n'],
          ...[
            '\t',
            '\u2028',
            '\u007f',
            '\ufeff',
            '\uffff',
            '🚀',
            '👩‍👩‍👧',
            '\ud83d',
            '\udc00',
            '短信',
            'e\u0301',
          ],
          ...["');DROP TABLE rows;--", "' OR '1'='1", 'NULL', '${x}', '{{x}}', '</script>'],
        ),
        { maxLength: 8 },
      )
      .map((parts) => parts.join('')),
  },
)

/** The gateway takes no message without a character to see. */
const withText = (text: string): string => `=${text}`

const wellFormed = (text: string): string => Buffer.from(text).toString()

const asAccepted = ({ title, body }: { title: string; body: string }) => ({
  title: wellFormed(title),
  body: wellFormed(body),
})

/** Texts of one run, with those in it that every run should see. */
function texts(seed: number): { title: string; body: string }[] {
  const always = ["it's", '\\', "'", '\0', '\ud83d', '🚀', "';DROP TABLE rows;--", '%', '\r\n'].map(
    (text) => ({
      title: withText(text),
      body: text,
    }),
  )
  const random = fc.sample(fc.record({ title: hardText.map(withText), body: hardText }), {
    numRuns: MESSAGES - always.length,
    seed,
  })
  return [...always, ...random]
}

describe.each(PLATFORMS)('what the App stores on %s', (platform) => {
  it('is what was published, whatever characters it has, after a kill and without a gateway', async () => {
    const seed = Number(process.env.TEXT_SEED ?? Date.now() % 1_000_000)
    const published = texts(seed)
    const gateway = await stage.gateway()
    const data = stage.folder()
    const phone = await stage.signIn(gateway, { platform, data })

    await gateway.publishMany('user:me', published, 8)
    await waitForBadge(phone, MESSAGES)
    // The badge counts what is in the list; storing it takes a moment more.
    await until(() => select(data, 'herald.db', 'SELECT seq FROM rows').length === MESSAGES, 'all stored')
    await phone.kill()
    const { token } = await gateway.readToken('me')
    const page = await gateway.request('GET', '/v1/feeds/user:me/messages?limit=100', { token })
    await gateway.stop()

    const stored = select<{ json: string }>(data, 'herald.db', 'SELECT json FROM rows ORDER BY seq')
    const rows = stored.map(({ json }) => JSON.parse(json) as Message)
    // Row by row what the gateway has; that is what was published, but for the order of publishes side by side.
    expect(rows, `TEXT_SEED=${String(seed)}`).toEqual(page.body.messages)
    const bySent = (one: { title?: string; body: string }) => JSON.stringify([one.title ?? '', one.body])
    // The gateway makes text well-formed at its door: half of a character becomes U+FFFD.
    expect(rows.map(bySent).sort()).toEqual(published.map(asAccepted).map(bySent).sort())
    expect(select(data, 'herald.db', "SELECT json FROM rows WHERE json GLOB '*[^ -~]*'")).toEqual([])

    // A row that could not be read would empty the storage, and a statement that broke would have lost the cursor.
    await phone.relaunch()
    await waitForBadge(phone, MESSAGES)
    await onPage(phone, rows.at(-1)?.title?.trim() || 'Personal')
      .first()
      .waitFor()
    expect(select(data, 'herald.db', 'SELECT json FROM rows ORDER BY seq')).toEqual(stored)
  })

  it('is told to be lost while the phone is full, and is kept once there is room', async () => {
    const gateway = await stage.gateway()
    const data = stage.folder()
    const phone = await stage.signIn(gateway, { platform, data })
    const warning = /cannot be saved on this device/

    phone.lowStorage(true)
    for (const title of ['No room', 'No room either'])
      await gateway.publish('user:me', { title, body: 'x'.repeat(3_500) })
    await phone.page.see(warning)
    await onPage(phone, 'No room either').first().waitFor()
    await banner(phone).getByText('No room').waitFor()
    phone.lowStorage(false)
    await phone.passTime(STORAGE_RETRY_MS)
    await until(async () => !warning.test(await phone.page.text()), 'the warning goes')

    await phone.kill()
    await gateway.stop()
    await phone.relaunch()
    await onPage(phone, 'No room either').first().waitFor()
    await waitForBadge(phone, 2)
  })
})
