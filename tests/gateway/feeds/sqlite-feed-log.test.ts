import { expect, it } from 'vitest'
import { pageQueries } from '../../../gateway/stores/sqlite/feed-pages'
import { openTestStore } from '../temporary-store'
import { feedLogSuite, type LogUnderTest, type OpenLog } from './feed-log-suite'

const open: OpenLog = async (options) => {
  const opened = await openTestStore(options)
  const asSubject = ({ log, bus, store, folder }: typeof opened): LogUnderTest => ({
    log,
    bus,
    reopen: async () => {
      await store.close()
      return asSubject(await openTestStore({ ...options, folder }))
    },
  })
  return asSubject(opened)
}

feedLogSuite('the feed log on SQLite', open)

it.each([
  ['after', 'seq>?'],
  ['before', 'seq<?'],
] as const)(
  'reads a page %s a seq as a range of the primary key, wherever in the feed',
  async (name, range) => {
    const { store } = await openTestStore()
    const plan = store.reader.prepare(`EXPLAIN QUERY PLAN ${pageQueries[name]}`).all([1, 1, 100])
    const steps = (plan as { detail: string }[]).map(({ detail }) => detail)
    expect(steps).toContain(`SEARCH messages USING PRIMARY KEY (feed=? AND ${range})`)
    expect(steps.filter((step) => /SCAN|TEMP B-TREE/.test(step))).toEqual([])
  },
)
