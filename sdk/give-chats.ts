import { chatPart } from '../services/platform/chats'
import { partsOf } from './parts'
import type { Herald } from './types'

/** Herald's own app has chats. To be called before the client starts; apps that have no pages for them leave it out. */
export function giveChats(herald: Herald): void {
  partsOf(herald).chats = chatPart
}
