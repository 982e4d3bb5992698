import { openTestStore } from '../temporary-store'
import { feedLogSuite, type LogUnderTest } from '../feeds/feed-log-suite'
import { ledgerSuite } from './ledger-suite'
import { openMemoryStore } from './memory/store'
import { peopleSuite } from './people-suite'
import type { OpenStore } from './world'

const onSqlite: OpenStore = (options) => openTestStore(options)
const inMemory: OpenStore = (options) => Promise.resolve(openMemoryStore(options))

for (const [name, open] of [
  ['on SQLite', onSqlite],
  ['in memory', inMemory],
] as const) {
  ledgerSuite(name, open)
  peopleSuite(name, open)
}

// What a process leaves behind is the disk's promise; here it is the store that is still there.
feedLogSuite('the feed log in memory', (options) => {
  const subject: LogUnderTest = {
    log: openMemoryStore(options).log,
    reopen: () => Promise.resolve(subject),
  }
  return Promise.resolve(subject)
})
