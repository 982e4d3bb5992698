export { launch, type LaunchOptions, type Phone, type ProviderPush } from './phone'
export type { AppConsole, ConsoleLine } from './app-console'
export { NotSimulatedError } from './strict'
export type { Channel, Notification } from './tray'
