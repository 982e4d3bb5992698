import { openTestStore } from '../temporary-store'
import { feedLogSuite, type LogUnderTest, type OpenLog } from './feed-log-suite'

const open: OpenLog = async (options) => {
  const opened = await openTestStore(options)
  const asSubject = ({ log, store, folder }: typeof opened): LogUnderTest => ({
    log,
    reopen: async () => {
      await store.close()
      return asSubject(await openTestStore({ ...options, folder }))
    },
  })
  return asSubject(opened)
}

feedLogSuite('the feed log on SQLite', open)
