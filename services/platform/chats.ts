import { Chats, type ChatPlatform, type OpenChats } from '../session/chats'

/** Chats of Herald's own app. The packages for other apps have none: `pack-sdk` puts nothing in this file's place. */
export const chatsOf =
  (platform: Omit<ChatPlatform, 'load'>): OpenChats =>
  (ports, api) =>
    new Chats(ports, { ...platform, load: () => import('../session/chat-code') }, api)
