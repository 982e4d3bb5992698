import { ledgerSuite } from '../contracts/ledger-suite'
import { nudgeSuite } from '../contracts/nudge-suite'
import { peopleSuite } from '../contracts/people-suite'
import { feedLogSuite, type LogUnderTest } from '../feeds/feed-log-suite'
import { openPostgres } from './database'
import { newDatabase } from './new-database'

ledgerSuite('on PostgreSQL', openPostgres)
nudgeSuite('on PostgreSQL', openPostgres)
peopleSuite('on PostgreSQL', openPostgres)

feedLogSuite('the feed log on PostgreSQL', async (options) => {
  const uri = await newDatabase()
  const open = async (): Promise<LogUnderTest> => {
    const store = await openPostgres({ ...options, uri })
    return {
      ...{ log: store.log, bus: store.bus },
      async reopen() {
        await store.close()
        return open()
      },
    }
  }
  return open()
})
