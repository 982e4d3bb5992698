import { Client } from 'pg'
import { inject } from 'vitest'
import { TEMPLATE } from './run-server'

let count = 0

/** An empty store's database; its connection URI. It goes with the server. */
export async function newDatabase(server = inject('postgres'), template = TEMPLATE): Promise<string> {
  const name = `t_${String(process.pid)}_${String((count += 1))}`
  const client = new Client({ connectionString: `${server}postgres` })
  await client.connect()
  try {
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  } finally {
    await client.end()
  }
  return `${server}${name}`
}

/** One without any table. */
export async function emptyDatabase(server = inject('postgres')): Promise<string> {
  return newDatabase(server, 'template1')
}
