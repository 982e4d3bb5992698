import type { ChatAddress } from '@herald/engines/chat-server'
import { Ejabberd } from '@herald/engines/ejabberd'
import { Prosody } from '@herald/engines/prosody'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Both chat servers, by their names. */
    chatServers: Record<ChatAddress['name'], ChatAddress>
  }
}

/** One of each for all tests of the project. */
export default async function ({ provide }: TestProject): Promise<() => Promise<void>> {
  const started = await Promise.allSettled([Prosody.start(), Ejabberd.start()])
  const [prosody, ejabberd] = started.map((one) => (one.status === 'fulfilled' ? one.value : undefined))
  if (!prosody || !ejabberd) {
    await Promise.all([prosody?.dispose(), ejabberd?.dispose()])
    throw new Error(
      started.flatMap((one) => (one.status === 'rejected' ? String(one.reason) : [])).join('\n'),
    )
  }
  provide('chatServers', { prosody: prosody.address, ejabberd: ejabberd.address })
  return async () => {
    await Promise.all([prosody.dispose(), ejabberd.dispose()])
  }
}
