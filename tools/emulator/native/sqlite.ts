import Database from 'libsql'
import { answer, type Callbacks, type NativeHost } from './host'

interface Named extends Callbacks {
  readonly name: string
}

/** `plus.sqlite` (html5plus.org/doc/zh_cn/sqlite.html): real SQLite files, no bound parameters, one connection by name. */
export function openSqlite(host: NativeHost) {
  const { work: log } = host.device
  const open = new Map<string, Database.Database>()
  host.onEnd.push(() => {
    for (const database of open.values()) database.close()
  })

  const attempt = ({ success, fail }: Callbacks, work: () => unknown) => {
    try {
      answer(host, success, work())
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      answer(host, fail as (error: unknown) => void, { code: -1404, message })
    }
  }
  const need = (name: string) => {
    const database = open.get(name)
    if (database === undefined) throw new Error(`the database ${name} is not open`)
    // SQLite itself then says "database or disk is full".
    const pages = host.device.lowStorage ? pageCount(database) : 0x7fff_ffff
    database.exec(`PRAGMA max_page_count = ${pages}`)
    return database
  }

  return {
    openDatabase: (options: Named & { path: string }) =>
      attempt(options, () => {
        if (open.has(options.name)) throw new Error('the same name database has already opened')
        open.set(options.name, new Database(host.device.fileOf(options.path)))
      }),
    isOpenDatabase: ({ name }: Named) => open.has(name),
    closeDatabase: (options: Named) =>
      attempt(options, () => {
        need(options.name).close()
        open.delete(options.name)
      }),
    transaction: (options: Named & { operation: 'begin' | 'commit' | 'rollback' }) =>
      attempt(options, () => {
        log.sqlCall(1, options.operation === 'begin' ? 1 : 0)
        need(options.name).exec(options.operation.toUpperCase())
      }),
    executeSql: (options: Named & { sql: string | readonly string[] }) =>
      attempt(options, () => {
        const statements = [options.sql].flat()
        log.sqlCall(statements.length)
        const database = need(options.name)
        for (const sql of statements) database.exec(sql)
      }),
    selectSql: (options: Named & { sql: string }) =>
      attempt(options, () => {
        log.sqlCall(1)
        return need(options.name).prepare(options.sql).all()
      }),
  }
}

function pageCount(database: Database.Database): number {
  return (database.prepare('PRAGMA page_count').get() as { page_count: number }).page_count
}
