import { expect, it } from 'vitest'
import { DataFolder } from '../../../gateway/process/data-folder'
import { prepareFirstStart } from '../../../gateway/process/first-start'
import { openMemoryStore } from '../contracts/memory/store'
import { temporaryFolder } from '../temporary-store'

it('two gateways that start on an empty store at once make one user, and each has its own tokens', async () => {
  const { directory } = openMemoryStore()
  const folders = [new DataFolder(temporaryFolder()), new DataFolder(temporaryFolder())]
  const users = await Promise.all(folders.map((folder) => prepareFirstStart(folder, directory)))
  expect(users.map((user) => user?.id)).toEqual(['me', 'me'])
  expect(await directory.listUsers()).toHaveLength(1)
  const secrets = folders.map((folder) => folder.read('admin-token') ?? '')
  for (const secret of secrets)
    expect(await directory.authenticate(secret)).toMatchObject({ token: { scopes: { admin: true } } })
  expect(new Set(secrets).size).toBe(2)
  for (const folder of folders) folder.release()
})
