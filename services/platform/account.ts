import { Account } from '../session/account'
import type { OpenAccount } from '../session/client-ports'
import { GatewaySource } from '../sources/gateway-source'

/** A signed-in user whose messages come from the gateway's socket, and from a chat server where the app has chats. */
export const openAccount: OpenAccount = ({ openSocket, keyValue, chats, ...ports }, session) => {
  const { clock, random, log, device } = ports
  return new Account(
    {
      ...ports,
      ...(chats && { openChats: chats.open({ keyValue, openSocket }) }),
      openSource: (credentials, host, appState) =>
        new GatewaySource(
          { open: openSocket, clock, random, log },
          { ...credentials, device },
          host,
          appState,
        ),
    },
    session,
  )
}
