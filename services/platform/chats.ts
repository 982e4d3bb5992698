// #ifndef H5
import * as chatCode from '../session/chat-code'
// #endif
import { Chats, type ChatPlatform, type OpenChats } from '../session/chats'

/** Chats of Herald's own app. The packages for other apps have none: `pack-sdk` puts nothing in this file's place. */
export const chatsOf =
  (platform: Omit<ChatPlatform, 'load'>): OpenChats =>
  (ports, api) =>
    new Chats(ports, { ...platform, load: loadChatCode }, api)

/** On H5 a chunk of its own. The App's build refuses `import()`, and that of mini-programs turns it into a string. */
async function loadChatCode(): ReturnType<ChatPlatform['load']> {
  let code: Awaited<ReturnType<ChatPlatform['load']>>
  // #ifndef H5
  code = await Promise.resolve(chatCode)
  // #endif
  // #ifdef H5
  code = await import('../session/chat-code')
  // #endif
  return code
}
