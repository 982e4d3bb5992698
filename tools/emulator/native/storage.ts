import Database from 'libsql'
import { answer, type NativeHost } from './host'

type Done = (result: unknown) => void

const ERROR = { code: -5, message: 'the storage is full' }

/** `plus.storage`: text by key, in a SQLite file of the phone. */
export function openStorage(host: NativeHost) {
  const database = new Database(host.device.fileOf('_doc/plus-storage.db'))
  // What is removed is gone, so that a test may search the file for what should not be there.
  database.exec('PRAGMA secure_delete = ON')
  database.exec('CREATE TABLE IF NOT EXISTS items (key TEXT PRIMARY KEY, value TEXT NOT NULL)')
  host.onEnd.push(() => database.close())
  const select = database.prepare('SELECT value FROM items WHERE key = ?')
  const insert = database.prepare(
    'INSERT INTO items VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const keys = database.prepare('SELECT key FROM items ORDER BY rowid')

  const storage = {
    getLength: () => keys.all().length,
    key: (index: number) => (keys.all()[index] as { key: string } | undefined)?.key ?? null,
    getAllKeys: () => host.toLogic(keys.all().map((row) => (row as { key: string }).key)),
    getItem: (key: string) => (select.get(key) as { value: string } | undefined)?.value ?? null,
    setItem: (key: string, value: string) => {
      if (host.device.lowStorage) throw new Error(ERROR.message)
      insert.run(key, value)
    },
    removeItem: (key: string) => void database.prepare('DELETE FROM items WHERE key = ?').run(key),
    clear: () => void database.prepare('DELETE FROM items').run(),
    getItemAsync: (key: string, done?: Done, failed?: Done) => {
      const data = storage.getItem(key)
      if (data === null) answer(host, failed, { code: -4, message: `there is no ${key}` })
      else answer(host, done, { data })
    },
    setItemAsync: (key: string, value: string, done?: Done, failed?: Done) => {
      if (host.device.lowStorage) {
        answer(host, failed, ERROR)
        return
      }
      storage.setItem(key, value)
      answer(host, done, {})
    },
    removeItemAsync: (key: string, done?: Done) => {
      storage.removeItem(key)
      answer(host, done, {})
    },
    clearAsync: (done?: Done) => {
      storage.clear()
      answer(host, done, {})
    },
  }
  return storage
}
