// What the app's entry says to the services, and how it is completed.
export {
  completeOptions,
  type GivenOptions,
  type PlatformOptions,
} from '../services/platform/platform-options'
export { readHost } from '../services/session/host'
