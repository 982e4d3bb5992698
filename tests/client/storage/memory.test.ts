import { MemoryStorage } from '@/services/storage/memory'
import { inboxStorageSuite } from './inbox-storage-suite'

inboxStorageSuite('memory', () => {
  const storage = new MemoryStorage()
  return { storage, reopen: () => storage }
})
