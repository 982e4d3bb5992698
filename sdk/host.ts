export { readHost } from '../services/session/host'
