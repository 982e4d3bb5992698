import { openTestStore, testBus } from '../temporary-store'
import { feedLogSuite, type LogUnderTest } from '../feeds/feed-log-suite'
import { ledgerSuite } from './ledger-suite'
import { openMemoryStore } from './memory/store'
import { nudgeSuite } from './nudge-suite'
import { peopleSuite } from './people-suite'
import type { OpenStore } from './world'

const onSqlite: OpenStore = (options) => openTestStore(options)
const inMemory: OpenStore = (options) => {
  const bus = testBus()
  return Promise.resolve({ ...openMemoryStore({ ...options, bus }), bus })
}

for (const [name, open] of [
  ['on SQLite', onSqlite],
  ['in memory', inMemory],
] as const) {
  ledgerSuite(name, open)
  nudgeSuite(name, open)
  peopleSuite(name, open)
}

// What a process leaves behind is the disk's promise; here it is the store that is still there.
feedLogSuite('the feed log in memory', (options) => {
  const bus = testBus()
  const subject: LogUnderTest = {
    log: openMemoryStore({ ...options, bus }).log,
    bus,
    reopen: () => Promise.resolve(subject),
  }
  return Promise.resolve(subject)
})
