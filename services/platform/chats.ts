// #ifndef H5
import * as chatCode from '../session/chat-code'
// #endif
import { Chats, type ChatPart, type ChatPlatform } from '../session/chats'

/** Chats, for the app that has pages for them: it is handed in, and an app without it carries nothing of it. */
export const chatPart: ChatPart = {
  open: (platform) => (ports, api) => new Chats(ports, { ...platform, load: loadChatCode }, api),
  load: loadChatCode,
}

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
