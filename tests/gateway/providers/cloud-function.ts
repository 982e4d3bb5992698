import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createContext, runInContext } from 'node:vm'
import type { CloudFunction, startUnicloudFake } from '@herald/push-fakes/unicloud-fake'

const FILE = resolve(import.meta.dirname, '../../../docs/push/unicloud-function/index.js')

type Fake = Pick<Awaited<ReturnType<typeof startUnicloudFake>>, 'verifyHttpInfo' | 'sendMessage'>

/** Loads the function that docs/push gives people to paste, with uniCloud as far as it uses it. */
export function loadCloudFunction({ verifyHttpInfo, sendMessage }: Fake): CloudFunction {
  const exports: { main?: CloudFunction } = {}
  const context = createContext({
    exports,
    Buffer,
    require: (name: string) => {
      if (name !== 'uni-cloud-s2s') throw new Error(`uniCloud has no module ${name}`)
      return { verifyHttpInfo }
    },
    uniCloud: {
      getPushManager: ({ appId }: { appId?: unknown }) => {
        if (typeof appId !== 'string' || !appId.startsWith('__UNI__')) throw new Error('appId is missing')
        return { sendMessage }
      },
    },
  })
  runInContext(readFileSync(FILE, 'utf8'), context, { filename: FILE })
  if (exports.main === undefined) throw new Error('the function exports no main')
  return exports.main
}
