export { launch, type Phone, type ProviderPush } from './phone'
export type { LaunchOptions } from './launch-options'
export {
  launchMiniProgram,
  type MiniProgram,
  type MiniProgramOptions,
  type Start,
} from './mini-program/mini-program'
export type { AppConsole, ConsoleLine } from './app-console'
export { NotSimulatedError } from './strict'
export type { Work } from './work'
export type { ClientInfo } from './device'
export type { Channel, Notification, PendingIntents } from './tray'
