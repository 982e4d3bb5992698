import { MemoryStorage } from '@/services/storage/memory'
import { StorageError, type InboxStorage, type StorageWrite } from '@/services/storage/storage'

/** A storage that fails, waits and tells what it was given. */
export class FaultyStorage implements InboxStorage {
  readonly inner = new MemoryStorage()
  readonly writes: StorageWrite[] = []
  mode: 'good' | 'full' | 'slow' | 'corrupt' = 'good'
  release: (() => void)[] = []

  load() {
    if (this.mode === 'corrupt') return Promise.reject(new StorageError('corrupt', 'nonsense'))
    return this.inner.load()
  }

  async write(write: StorageWrite): Promise<void> {
    if (this.mode === 'full') throw new StorageError('full', 'no room')
    if (this.mode === 'slow') await new Promise<void>((resolve) => this.release.push(resolve))
    this.writes.push(write)
    await this.inner.write(write)
  }

  clear() {
    this.mode = 'good'
    return this.inner.clear()
  }
}
