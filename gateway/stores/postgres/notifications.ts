import type { Notifications, NotificationSession } from '../../contracts/cluster'
import type { Primary } from './primary'

/** NOTIFY and LISTEN on a connection that the pool lends out and does not get back. */
export const notificationsOn = (primary: Primary): Notifications => ({
  async listen(channel, onText, onEnd): Promise<NotificationSession> {
    const { client, pool } = await primary.connect()
    let isOver = false
    const over = (): void => {
      if (isOver) return
      isOver = true
      client.release(true)
    }
    client.on('notification', ({ payload }) => {
      if (payload !== undefined && !isOver) onText(payload)
    })
    client.once('end', () => {
      const isNews = !isOver
      over()
      if (isNews) onEnd()
    })
    try {
      // A hint need not be on a disk, nor at a standby: whoever misses it asks for what was committed.
      await client.query('SET synchronous_commit = off')
      await client.query(`LISTEN ${client.escapeIdentifier(channel)}`)
    } catch (error) {
      primary.lost(pool, error)
      over()
      throw error
    }
    return {
      async notify(to, texts) {
        await client.query('SELECT pg_notify($1, text) FROM unnest($2::text[]) AS text', [to, texts])
      },
      end: over,
    }
  },

  onLost(listener) {
    primary.onLost(listener)
  },
})
